"""Weights: named shares of tokens over tasks and mixtures, made exact."""

from collections.abc import Mapping
from fractions import Fraction

from codemix.errors import UserError

Weights = Mapping[str, float]


def resolve(weights: Weights, mixtures: Mapping[str, Weights], tasks: set[str], where: str) -> dict[str, Fraction]:
    """Weights over tasks and mixtures as exact shares over tasks alone, in the order of the tasks' names.

    A decimal weight means what it says: 0.1 is 1/10, not the binary number beside it.

    Args:
        weights: name of a task or mixture -> non-negative weight; need not sum to one.
        mixtures: name of a mixture -> its own weights, over tasks and further mixtures.
        tasks: the names that are tasks.
        where: the field that holds the weights, for error messages.

    Returns:
        task -> share > 0; the shares sum to exactly one. Tasks of weight zero are left out.

    Raises:
        UserError: an unknown name, a negative or non-finite weight, a sum of zero, or a mixture that contains itself.
    """
    shares = _flatten(weights, mixtures, tasks, where, inside=())
    return {task: shares[task] for task in sorted(shares) if shares[task] > 0}


def _flatten(
    weights: Weights, mixtures: Mapping[str, Weights], tasks: set[str], where: str, inside: tuple[str, ...]
) -> dict[str, Fraction]:
    exact: dict[str, Fraction] = {}
    for name, weight in weights.items():
        try:
            exact[name] = Fraction(str(weight))
        except ValueError:
            raise UserError(f"{where}: the weight of '{name}' is {weight!r}; give a finite number ≥ 0.") from None
        if exact[name] < 0:
            raise UserError(f"{where}: the weight of '{name}' is {weight}; give a number ≥ 0.")
    total = sum(exact.values())
    if total == 0:
        raise UserError(f"{where}: the weights sum to zero; give at least one source a positive weight.")

    shares: dict[str, Fraction] = {}
    for name, weight_exact in exact.items():
        if name in inside:
            raise UserError(f"{where}: the mixture '{name}' contains itself; remove it from its own weights.")
        if name in tasks:
            parts = {name: Fraction(1)}
        elif name in mixtures:
            parts = _flatten(mixtures[name], mixtures, tasks, f"{where}, mixture '{name}'", (*inside, name))
        else:
            known = ", ".join(sorted(tasks | set(mixtures)))
            raise UserError(f"{where}: there is no task or mixture '{name}'; the corpora profile has {known}.")
        for task, part in parts.items():
            shares[task] = shares.get(task, Fraction(0)) + part * weight_exact / total
    return shares
