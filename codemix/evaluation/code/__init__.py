"""Benchmarks of programs: written by the model, judged by running them in the sandbox, and nowhere else.

problems     a problem: what the model reads, what is run, by which tests
humaneval, mbpp, plus     the benchmarks' own files as problems
records      reads those files
pass_at_k    the estimator
execution    programs and their tests, in the sandbox
scoring      writes, runs, and scores the reference solutions' likelihood: a row for every problem
"""
