"""What a study of this size can find."""

import dataclasses
import math

from codemix.store.atomic import read_json
from codemix.store.token_store import TokenStore, is_complete
from codemix.study.noise import MEASURED, Noise
from codemix.study.plan import Plan


@dataclasses.dataclass(frozen=True)
class Power:
    """The smallest effect that a study finds, and what it would take to find the one that matters.

    Attributes:
        seeds: of every arm.
        documents: held-out ones that every run is scored on, over all sources.
        detectable: the smallest true relative change in bits per byte that is found in 80 % of repetitions; infinite
            where the documents are of fewer than two clusters.
        seeds_needed: with so many documents, for Study.smallest_effect; None where nothing is asked or none is enough.
        documents_needed: of each source (BitsPerByte.documents), with so many seeds; likewise.
        noise: that all this rests on.
        measured: whether it was, by this study's report.
    """

    seeds: int
    documents: int
    detectable: float
    seeds_needed: int | None
    documents_needed: int | None
    noise: Noise
    measured: bool

    @property
    def words(self) -> str:
        """The smallest effect, for people."""
        return "none, for want of documents" if math.isinf(self.detectable) else f"{self.detectable:.2%}"


def power_of(plan: Plan) -> Power:
    """For the change over all sources against the control, by the noise that the study's own report measured, or by
    `Study.noise` while there is none."""
    study = plan.study
    measured = plan.home / "studies" / study.name / MEASURED
    noise = Noise(**read_json(measured)) if measured.exists() else study.noise
    seeds, documents = len(study.seeds), _documents(plan)
    effect, by_seeds, by_documents = study.smallest_effect, None, None
    if effect is not None:
        by_seeds = noise.seeds_for(effect, documents)
        by_documents = noise.documents_for(effect, seeds)
    each = by_documents and math.ceil(by_documents / len(study.evaluation.sources))
    detectable = noise.detectable(seeds, documents)
    return Power(seeds, documents, detectable, by_seeds, each, noise, measured.exists())


def _documents(plan: Plan) -> int:
    """Held-out documents that are scored: those that are there, or as many as the evaluation takes at most."""
    most = plan.study.evaluation.documents
    return sum(
        min(most, TokenStore(plan.stores[source]).count("heldout", "documents"))
        if is_complete(plan.stores[source])
        else most
        for source in plan.study.evaluation.sources
    )
