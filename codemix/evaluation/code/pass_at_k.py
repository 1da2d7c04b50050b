"""The share of problems that a model solves in k attempts, from n ≥ k attempts."""


def pass_at_k(n: int, c: int, k: int) -> float:
    """The unbiased estimate for one problem: 1 − C(n−c, k) / C(n, k), as a product (arXiv 2107.03374, eq. 1).

    Args:
        n: samples.
        c: those that pass.
        k: attempts, at most n.
    """
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"pass@{k} of {n} samples, {c} of which pass")
    fails = 1.0
    for i in range(n - c + 1, n + 1):  # where fewer than k fail, a factor is zero
        fails *= max(0.0, 1.0 - k / i)
    return 1.0 - fails
