"""Launching: where and when the jobs of a study run. Nothing here knows what a job computes.

A job is one command that may be given again and again (`codemix train STUDY --phase KEY`). An engine is a frozen
dataclass that says where jobs run, which gin binds (`Slurm`, `TpuVm`, `Xpk`, `Sky`), and does what `engines.Engine`
asks.
"""
