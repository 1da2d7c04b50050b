"""The plan: from a study to the phases to train, each once, and what they draw. Spends nothing."""

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from codemix.data.tokenizer import TrainedTokenizer
from codemix.evaluation.bits_per_byte import SCORES_VERSION
from codemix.mixing.index import MixingIndex
from codemix.mixing.ledger import LedgerEntry, ledger
from codemix.store.fingerprint import fingerprint
from codemix.store.token_store import is_complete
from codemix.study import supply
from codemix.study.stretches import Stretch, mean_shares, stretches_of
from codemix.study.study import Study
from codemix.study.supply import Portion, Supply, portions_of, supply_of
from codemix.training.job import Job, is_done

NUMERICS_VERSION = 1  # part of every phase's key: raise it when a change alters what a training step computes


@dataclasses.dataclass(frozen=True)
class PlannedPhase:
    """A phase at one seed: a node of the DAG. Arms whose beginnings are equal share it."""

    job: Job
    name: str
    mixture: str  # as its gin file has it, for people
    number: int  # position in its arm, from 0
    arms: tuple[str, ...]  # the arms that pass through it
    shares: Mapping[str, float]  # source -> share of its rows

    @property
    def key(self) -> str:
        return self.job.key

    @property
    def steps(self) -> int:
        return self.job.steps

    @property
    def tokens(self) -> int:
        return self.job.tokens


@dataclasses.dataclass(frozen=True)
class Run:
    """One arm at one seed: the keys of its phases, in order."""

    arm: str
    seed: int
    phases: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Plan:
    """The phase DAG of a study in an order in which it can be trained, and its ledger."""

    study: Study
    home: Path  # phases and studies
    data: Path  # documents, tokenizers and token stores: the home, or a folder or bucket of its own
    phases: Mapping[str, PlannedPhase]  # key -> phase; a parent comes before its children
    runs: tuple[Run, ...]
    stretches: Mapping[str, list[Stretch]]  # arm -> its phases, in order
    ledgers: Mapping[str, list[LedgerEntry]]  # arm -> entries; every seed draws the same amounts
    stores: Mapping[str, Path]  # task -> token store, of every task that is trained on or evaluated
    supplies: Mapping[str, Supply]  # task -> what there is of it

    @cached_property
    def vocab_size(self) -> int:
        tokenizer = self.study.corpora.tokenizer
        if isinstance(tokenizer, TrainedTokenizer):
            return tokenizer.vocab_size
        from codemix.data.tokenizer_loading import load_tokenizer

        return load_tokenizer(Path(tokenizer.path), tokenizer.eos).vocab_size

    @property
    def missing_phases(self) -> list[str]:
        return [key for key in self.phases if not is_done(self.home, key)]

    @cached_property
    def key(self) -> str:
        """Of everything that shapes the study's results."""
        parts = [[run.arm, run.seed, run.phases] for run in self.runs]
        audit = self.study.corpora.audit and self.study.corpora.audit.key()
        suite = [[self.suite_key, self.study.published]] if self.study.suite else []
        return fingerprint([parts, self.study.control, self.evaluation_key, audit, self.study.title, *suite])

    @cached_property
    def suite_key(self) -> str | None:
        """Of what the suite asks; None where there is none."""
        from codemix.evaluation.suite_key import suite_key

        return suite_key(self.study.suite) if self.study.suite else None

    @cached_property
    def evaluation_key(self) -> str:
        """Of what is scored, and how."""
        stores = {source: self.stores[source].name for source in self.study.evaluation.sources}
        return fingerprint([self.study.evaluation, stores, SCORES_VERSION])

    @property
    def missing_tasks(self) -> list[str]:
        return [task for task, path in self.stores.items() if not is_complete(path)]

    @property
    def tokens_arm_by_arm(self) -> int:
        return sum(self.phases[key].tokens for run in self.runs for key in run.phases)

    @property
    def tokens_trained(self) -> int:
        return sum(phase.tokens for phase in self.phases.values())

    @property
    def saved_share(self) -> float:
        """Of the tokens that the runs would train one by one, what sharing phases saves."""
        return 1 - self.tokens_trained / self.tokens_arm_by_arm

    def check_supply(self) -> None:
        """Raises UserError where there is too little of a source; see `codemix.study.supply.check_supply`."""
        supply.check_supply(self.study, self.ledgers, self.stores, self.supplies)


def make_plan(study: Study, home: Path, data: Path | None = None) -> Plan:
    """Plans a study. Reads manifests of the token stores that are there, and nothing else.

    Args:
        study: what to plan.
        home: where phases and results are kept.
        data: where documents, tokenizers and token stores are kept; by default the home.
    """
    data = home if data is None else data
    stretches = {arm: stretches_of(study, arm) for arm in study.arms}
    sources = sorted({source for arm in stretches.values() for stretch in arm for source in stretch.sources})
    tasks = list(dict.fromkeys([*sources, *study.evaluation.sources]))
    stores = {task: study.corpora.store_path(data, task) for task in tasks}
    supplies = {task: supply_of(study, task, stores[task]) for task in tasks}
    planned = {arm: _PlannedArm(study, arm, stretches[arm], stores, supplies) for arm in study.arms}

    phases: dict[str, PlannedPhase] = {}
    runs = []
    for seed in study.seeds:
        for arm in study.arms:
            keys: list[str] = []
            for number, stretch in enumerate(stretches[arm]):
                job = planned[arm].job(number, keys[-1] if keys else study.arms[arm].start, seed)
                keys.append(job.key)
                shared = phases.get(job.key)
                phases[job.key] = PlannedPhase(
                    shared.job if shared else job,
                    shared.name if shared else stretch.phase.name,
                    shared.mixture if shared else stretch.phase.words,
                    number,
                    (*(shared.arms if shared else ()), arm),
                    planned[arm].shares[number],
                )
            runs.append(Run(arm, seed, tuple(keys)))
    labelled = {
        key: dataclasses.replace(p, job=dataclasses.replace(p.job, label=_label(p))) for key, p in phases.items()
    }
    ledgers = {arm: planned[arm].ledger() for arm in study.arms}
    return Plan(study, home, data, labelled, tuple(runs), stretches, ledgers, stores, supplies)


class _PlannedArm:
    """What the jobs of an arm have in common at every seed, made once."""

    def __init__(
        self,
        study: Study,
        name: str,
        stretches: list[Stretch],
        stores: Mapping[str, Path],
        supplies: Mapping[str, Supply],
    ):
        self._study = study
        self._stretches = stretches
        self._stores = stores
        self.shares = [mean_shares(stretch.segments) for stretch in stretches]
        segments = [segment for stretch in stretches for segment in stretch.segments]
        ends = [sum(len(stretch.segments) for stretch in stretches[: number + 1]) for number in range(len(stretches))]
        self._indices = [MixingIndex(segments[:end]) for end in ends]
        self._portions = portions_of(study, name, self._indices[-1].sources)
        limits = {
            source: portion.rows(supplies[source], study.scale.model.context)
            for source, portion in self._portions.items()
        }
        self._limits = {source: rows for source, rows in limits.items() if rows is not None}
        available = {source: supplies[source].rows for source in self._indices[-1].sources}
        self._available = {**available, **limits}

    def ledger(self) -> list[LedgerEntry]:
        ends = [stretch.last_step * self._study.scale.batch_rows for stretch in self._stretches]
        return ledger(self._indices[-1], ends, self._study.scale.model.context, self._available)

    def job(self, number: int, parent: str | None, seed: int) -> Job:
        """The job of the phase `number`, at one seed."""
        scale, stretch, index = self._study.scale, self._stretches[number], self._indices[number]
        return Job(
            key=fingerprint({**self._content(number), "parent": parent, "seed": seed}),
            parent=parent,
            label="",
            model=scale.model,
            optimizer=scale.optimizer,
            rates=stretch.rates,
            index=index,
            stores={source: self._stores[source] for source in index.sources},
            batch_rows=scale.batch_rows,
            seed=seed,
            first_step=stretch.first_step,
            last_step=stretch.last_step,
            divergence=self._study.divergence,
            row_limits={source: rows for source, rows in self._limits.items() if source in index.sources},
        )

    def _content(self, number: int) -> dict[str, Any]:
        """All that shapes the phase's result beside its parent and its seed, and nothing else."""
        scale, stretch = self._study.scale, self._stretches[number]
        portions: dict[str, Portion] = {s: p for s, p in self._portions.items() if s in stretch.sources}
        return {
            "model": scale.model,
            "optimizer": scale.optimizer,
            "rates": stretch.rates,
            "mixture": [(segment.rows, dict(segment.shares)) for segment in stretch.segments],
            "stores": {source: self._stores[source].name for source in stretch.sources},
            "batch_rows": scale.batch_rows,
            "numerics": [NUMERICS_VERSION, self._study.hardware.compute],
            **({"portions": portions} if portions else {}),
            **({"divergence": self._study.divergence} if self._study.divergence.policy != "stop" else {}),
        }


def _label(phase: PlannedPhase) -> str:
    return f"{' + '.join(phase.arms)} · {phase.name} · seed {phase.job.seed}"
