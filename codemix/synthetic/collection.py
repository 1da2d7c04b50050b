"""A stretch of a collection: the verified problems of some indices, and what was dropped on the way."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice

from codemix.data.documents import Document, Dropped
from codemix.store.fingerprint import fingerprint
from codemix.synthetic.contracts import ContractChecker
from codemix.synthetic.execution import opened
from codemix.synthetic.layouts import document
from codemix.synthetic.making import GENERATOR_VERSION, problem_at
from codemix.synthetic.problem import Problem, Rejected
from codemix.synthetic.registry import chosen
from codemix.synthetic.verification import Verification, Verifier

_AT_ONCE = 64  # problems that are handed to the sandbox together


@dataclasses.dataclass(frozen=True)
class Verified:
    """A problem and how far it came.

    Attributes:
        id: "SEED-INDEX".
        family: "" where its sketch made no problem.
        problem: None where its sketch made none.
        verification: of it.
    """

    id: str
    family: str
    problem: Problem | None
    verification: Verification

    @property
    def kept(self) -> Problem | None:
        """The problem, if it passed."""
        return None if self.verification.failed else self.problem


def key_of(seed: int, families: Sequence[str]) -> str:
    """The key of the problems that a seed gives: of the families, their versions, and how problems are made."""
    known = [(family.name, family.version) for family in chosen(tuple(families))]
    return fingerprint([seed, known, GENERATOR_VERSION])


def verified(
    seed: int,
    start: int,
    stop: int,
    families: Sequence[str],
    seconds: dict[str, float],
    contract_seconds: float = 0.0,
) -> Iterator[Verified]:
    """The problems from index `start` up to `stop`, in order, each made and verified. Bounded memory.

    Args:
        seed: of the collection.
        start: first index.
        stop: the index after the last.
        families: their names; none for all.
        seconds: of wall time for each part of the work ("make", "level 1"…), which are added to.
        contract_seconds: of symbolic checking for each contract; 0 leaves level 5 out.
    """
    indices = iter(range(start, stop))
    with ExitStack() as stack:
        contracts = stack.enter_context(ContractChecker(contract_seconds)) if contract_seconds else None
        verifier = Verifier(stack.enter_context(opened()), seconds, contracts)
        while batch := list(islice(indices, _AT_ONCE)):
            began = time.perf_counter()
            made = [_made(seed, index, tuple(families)) for index in batch]
            seconds["make"] = seconds.get("make", 0.0) + time.perf_counter() - began
            results = iter(verifier.verify([problem for problem in made if isinstance(problem, Problem)]))
            for index, problem in zip(batch, made, strict=True):
                if isinstance(problem, Problem):
                    yield Verified(problem.id, problem.family, problem, next(results))
                else:
                    yield Verified(f"{seed}-{index}", "", None, problem)


def _made(seed: int, index: int, families: tuple[str, ...]) -> Problem | Verification:
    try:
        return problem_at(seed, index, families)
    except Rejected as rejected:
        return Verification(rejected.level - 1, rejected.reason)


def as_document(result: Verified) -> Document | Dropped:
    """A problem that passed as a document; its cluster is its family."""
    problem = result.kept
    if problem is None:
        return Dropped(result.id, f"level {result.verification.passed + 1}: {result.verification.reason}")
    provenance = {"family": problem.family, "style": problem.sketch.solution.style, "layout": problem.layout}
    return Document(f"synthetic:{problem.id}", document(problem), "python", problem.family, provenance)
