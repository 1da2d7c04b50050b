"""What a study of this size can find."""

import dataclasses
import math

from codemix.store.token_store import TokenStore, is_complete
from codemix.study.plan import Plan


@dataclasses.dataclass(frozen=True)
class Power:
    """The smallest effect that a study finds, and what it would take to find the one that matters.

    Attributes:
        seeds: of every arm.
        documents: held-out ones that every run is scored on, over all sources.
        detectable: the smallest true relative change in bits per byte that is found in 80 % of repetitions.
        seeds_needed: with so many documents, for Study.smallest_effect; None where nothing is asked or none is enough.
        documents_needed: of each source (BitsPerByte.documents), with so many seeds; likewise.
    """

    seeds: int
    documents: int
    detectable: float
    seeds_needed: int | None
    documents_needed: int | None


def power_of(plan: Plan) -> Power:
    """By `Study.noise`, for the change over all sources against the control."""
    study = plan.study
    seeds, documents = len(study.seeds), _documents(plan)
    effect, by_seeds, by_documents = study.smallest_effect, None, None
    if effect is not None:
        by_seeds = study.noise.seeds_for(effect, documents)
        by_documents = study.noise.documents_for(effect, seeds)
    each = by_documents and math.ceil(by_documents / len(study.evaluation.sources))
    return Power(seeds, documents, study.noise.detectable(seeds, documents), by_seeds, each)


def _documents(plan: Plan) -> int:
    """Held-out documents that are scored: those that are there, or as many as the evaluation takes at most."""
    most = plan.study.evaluation.documents
    return sum(
        min(most, TokenStore(plan.stores[source]).count("heldout", "documents"))
        if is_complete(plan.stores[source])
        else most
        for source in plan.study.evaluation.sources
    )
