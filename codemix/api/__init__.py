"""codemix from Python: what notebooks and programs read studies and checkpoints with.

study       a study's plan and results as data frames; the same results asked another question; arms to be designed
arms        an arm, or a study with it, as a gin file
checkpoint  a model that was trained: parameters, tokenizer, documents, scores, continuations
weights     parameters: sizes and sharding, norms, how far two models are apart, the line between them
tokens      the loss of every token; the tokens whose embeddings are close
attention   what each position looks at
figures     how they look
"""
