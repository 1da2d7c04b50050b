"""codemix: how much code, which code, and at which stage, decided by experiments that can be trusted."""

__version__ = "0.1.0"
