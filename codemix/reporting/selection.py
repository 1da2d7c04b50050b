"""Another question to the same results: another control, or some of the arms, sources and seeds."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from codemix.errors import UserError
from codemix.reporting.results import SourceScores, StudyResults
from codemix.reporting.suite.results import selected_suite


@dataclasses.dataclass(frozen=True)
class Selection:
    """What is asked about; None is what the study has.

    Attributes:
        control: the arm that the others are compared with.
        arms: those that are compared with it.
        sources: held-out sources.
        seeds: of the runs.
    """

    control: str | None = None
    arms: Sequence[str] | None = None
    sources: Sequence[str] | None = None
    seeds: Sequence[int] | None = None

    def check(self, arms: Sequence[str], sources: Sequence[str], seeds: Sequence[int]) -> None:
        """Raises UserError for the first name that is not among those of the study, and for an empty selection."""
        named = (
            ("control", (self.control,) if self.control else None, arms),
            ("arms", self.arms, arms),
            ("sources", self.sources, sources),
            ("seeds", self.seeds, seeds),
        )
        for what, wanted, known in named:
            if wanted is not None and (not wanted or {*wanted} - {*known}):
                lacking = next((name for name in wanted if name not in known), "nothing")
                raise UserError(f"{what}: the study has no {lacking!r}; it has {', '.join(map(str, known))}.")

    def arms_of(self, arms: Sequence[str], control: str) -> list[str]:
        """Those that count, the control among them, in the study's order."""
        return [arm for arm in arms if arm == control or self.arms is None or arm in self.arms]

    def seeds_of(self, seeds: Sequence[int]) -> list[int]:
        return [seed for seed in seeds if self.seeds is None or seed in self.seeds]


def selected(results: StudyResults, selection: Selection) -> StudyResults:
    """The results of what is asked about; of the plan, all is kept but the study's control, arms and seeds."""
    study = results.study
    control = selection.control or study["control"]
    arms, seeds = selection.arms_of(study["arms"], control), selection.seeds_of(study["seeds"])
    plan = {**results.plan, "study": {**study, "control": control, "arms": arms, "seeds": seeds}}
    plan["ledger"] = [line for line in plan["ledger"] if line["arm"] in arms]
    rows = [study["seeds"].index(seed) for seed in seeds]
    scores = [
        _of(part, arms, rows)
        for part in results.scores
        if selection.sources is None or part.source in selection.sources
    ]
    curves = {run: curve for run, curve in results.curves.items() if run[0] in arms and run[1] in seeds}
    looks = results.looks
    if looks is not None:
        looks = looks[looks["arm"].isin(arms) & looks["seed"].isin(seeds)]
    suite = selected_suite(results.suite, arms, control, seeds, rows) if results.suite else None
    return dataclasses.replace(results, plan=plan, scores=scores, curves=curves, suite=suite, looks=looks)


def _of(part: SourceScores, arms: Sequence[str], rows: Sequence[int]) -> SourceScores:
    return dataclasses.replace(part, nll={arm: np.ascontiguousarray(part.nll[arm][rows]) for arm in arms})
