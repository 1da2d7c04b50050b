"""Models in and out: Hugging Face folders of `CohereForCausalLM`, which is this architecture."""
