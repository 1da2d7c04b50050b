"""Synthetic Python problems: families make them from (seed, index), execution verifies them."""
