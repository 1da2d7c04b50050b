"""lm-evaluation-harness on codemix's models: its definitions, prompts and rules; our files, batches and items."""
