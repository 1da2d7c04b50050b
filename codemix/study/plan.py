"""The plan: from a study to the phases to train, each once, and what they draw, cost and share. Spends nothing."""

import dataclasses
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from codemix.data.tokenizer import TrainedTokenizer
from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import SCORES_VERSION
from codemix.mixing.index import MixingIndex, Segment
from codemix.mixing.ledger import LedgerEntry, ledger
from codemix.store.fingerprint import fingerprint
from codemix.store.token_store import TokenStore, is_complete, row_count
from codemix.study.arm import Arm
from codemix.study.study import Study
from codemix.training.job import Job, is_done
from codemix.training.optimizer import LearningRate

NUMERICS_VERSION = 1  # part of every phase's key: raise it when a change alters what a training step computes


@dataclasses.dataclass(frozen=True)
class PlannedPhase:
    """A phase at one seed: a node of the DAG. Arms whose beginnings are equal share it."""

    job: Job
    name: str
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
    ledgers: Mapping[str, list[LedgerEntry]]  # arm -> entries; every seed draws the same amounts
    stores: Mapping[str, Path]  # task -> token store, of every task that is trained on or evaluated

    @cached_property
    def vocab_size(self) -> int:
        tokenizer = self.study.corpora.tokenizer
        if isinstance(tokenizer, TrainedTokenizer):
            return tokenizer.vocab_size
        from codemix.data.tokenizer_loading import load_tokenizer

        return load_tokenizer(Path(tokenizer.path), tokenizer.eos).vocab_size

    @cached_property
    def flops_per_token(self) -> int:
        return self.study.scale.model.flops_per_token(self.vocab_size)

    @property
    def missing_phases(self) -> list[str]:
        return [key for key in self.phases if not is_done(self.home, key)]

    @property
    def chip_hours(self) -> float | None:
        """At the utilisation that the hardware's file states; None where it states none."""
        hardware = self.study.hardware
        if hardware.peak_flops is None or hardware.utilisation is None:
            return None
        return self.flops / (hardware.peak_flops * hardware.utilisation) / 3600

    @property
    def flops(self) -> int:
        return self.tokens_trained * self.flops_per_token

    @cached_property
    def key(self) -> str:
        """Of everything that shapes the study's results."""
        parts = [[run.arm, run.seed, run.phases] for run in self.runs]
        audit = self.study.corpora.audit and self.study.corpora.audit.key()
        return fingerprint([parts, self.study.control, self.evaluation_key, audit, self.study.title])

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

    def warnings(self) -> list[str]:
        """What a reader of the results must know: repetition that coincides with a treatment."""
        control = {entry.source for entry in self.ledgers[self.study.control] if (entry.epochs or 0) > 1}
        sentences = []
        for arm, entries in self.ledgers.items():
            last = {entry.source: entry for entry in entries}
            for source, entry in last.items():
                if (entry.epochs or 0) > 1 and source not in control:
                    sentences.append(
                        f"arm '{arm}' repeats '{source}' ({entry.epochs:.2f} epochs) and the control does not: "
                        "its difference is also one of repetition."
                    )
        return sentences

    def check_supply(self) -> None:
        """Raises UserError where an arm draws more of a source than there is and Study.max_epochs allows, or a source
        that is evaluated has nothing held out."""
        for source in self.study.evaluation.sources:
            if not TokenStore(self.stores[source]).count("heldout", "documents"):
                raise UserError(
                    f"BitsPerByte.sources names '{source}', of which no document is held out; raise its "
                    "Source.heldout_share or Source.budget_bytes, or take it out."
                )
        for arm, entries in self.ledgers.items():
            for entry in entries:
                allowed = self.study.max_epochs.get(entry.source, 1)
                if entry.available_rows == 0 or (entry.epochs or 0) > allowed:
                    has = (entry.available_rows or 0) * self.study.scale.model.context
                    raise UserError(
                        f"arm '{arm}' draws {entry.rows_so_far * self.study.scale.model.context:,} tokens of "
                        f"'{entry.source}', which has {has:,} for training ({allowed:g} epoch allowed); enlarge the "
                        f"source, lower Scale.tokens, or allow it with Study.max_epochs = {{'{entry.source}': …}}."
                    )


def make_plan(study: Study, home: Path, data: Path | None = None) -> Plan:
    """Plans a study. Reads manifests of the token stores that are there, and nothing else.

    Args:
        study: what to plan.
        home: where phases and results are kept.
        data: where documents, tokenizers and token stores are kept; by default the home.
    """
    data = home if data is None else data
    context = study.scale.model.context
    arm_phases = {name: _plan_arm(study, name, arm) for name, arm in study.arms.items()}
    sources = sorted({s for phases in arm_phases.values() for p in phases for g in p.segments for s in g.shares})
    tasks = list(dict.fromkeys([*sources, *study.evaluation.sources]))
    stores = {task: study.corpora.store_path(data, task) for task in tasks}
    available = {source: _available_rows(stores[source], context) for source in sources}

    phases: dict[str, PlannedPhase] = {}
    runs, ledgers = [], {}
    for arm, stretches in arm_phases.items():
        index = MixingIndex([segment for stretch in stretches for segment in stretch.segments])
        ends = [stretch.last_step * study.scale.batch_rows for stretch in stretches]
        ledgers[arm] = ledger(index, ends, context, available)
    for seed in study.seeds:
        for arm, stretches in arm_phases.items():
            keys: list[str] = []
            segments: list[Segment] = []
            for number, stretch in enumerate(stretches):
                segments += stretch.segments
                job = _job(study, stretch, segments, keys[-1] if keys else None, seed, stores)
                keys.append(job.key)
                shared = phases.get(job.key)
                phases[job.key] = PlannedPhase(
                    shared.job if shared else job,
                    stretch.name,
                    number,
                    (*(shared.arms if shared else ()), arm),
                    stretch.mean_shares(),
                )
            runs.append(Run(arm, seed, tuple(keys)))
    labelled = {
        key: dataclasses.replace(p, job=dataclasses.replace(p.job, label=_label(p))) for key, p in phases.items()
    }
    return Plan(study, home, data, labelled, tuple(runs), ledgers, stores)


@dataclasses.dataclass(frozen=True)
class _Stretch:
    """A phase of an arm, in steps and rows."""

    name: str
    first_step: int
    last_step: int
    segments: list[Segment]
    rates: np.ndarray

    def mean_shares(self) -> dict[str, float]:
        total = sum(segment.rows for segment in self.segments)
        shares: dict[str, Fraction] = {}
        for segment in self.segments:
            for source, share in segment.shares.items():
                shares[source] = shares.get(source, Fraction(0)) + share * segment.rows / total
        return {source: float(share) for source, share in sorted(shares.items())}


def _plan_arm(study: Study, name: str, arm: Arm) -> list[_Stretch]:
    scale = study.scale
    budget_steps = scale.tokens // scale.tokens_per_step
    ends = np.cumsum([0.0, *(phase.share for phase in arm.phases)])
    steps = [round(end * budget_steps) for end in ends]
    arm_rates = {}  # schedules over the arm, each computed once
    stretches = []
    for phase, (first, last) in zip(arm.phases, pairwise(steps), strict=True):
        where = f"arm '{name}', phase '{phase.name}'"
        if last <= first:
            raise UserError(
                f"{where}: its share {phase.share:g} of {scale.tokens:,} tokens is less than one step of "
                f"{scale.tokens_per_step:,}; raise Phase.share or Scale.tokens."
            )
        rate: LearningRate = phase.learning_rate or scale.learning_rate
        if rate.over == "phase":
            rates = rate.rates(last - first, scale.tokens_per_step)
        else:
            if rate not in arm_rates:
                arm_rates[rate] = rate.rates(steps[-1], scale.tokens_per_step)
            rates = arm_rates[rate][first:last]
        rows = (last - first) * scale.batch_rows
        bounds = [round(float(b) * rows) for b in np.cumsum([0.0, *(share for share, _ in phase.schedule)])]
        segments = [
            Segment(stop - start, study.corpora.resolve(weights, f"{where}, Phase.mixture"))
            for (start, stop), (_, weights) in zip(pairwise(bounds), phase.schedule, strict=True)
            if stop > start
        ]
        stretches.append(_Stretch(phase.name, first, last, segments, rates))
    return stretches


def _job(
    study: Study, stretch: _Stretch, segments: list[Segment], parent: str | None, seed: int, stores: Mapping[str, Path]
) -> Job:
    """The phase's job. Its key is the hash of all that shapes its result, and of nothing else."""
    drawn = {source for segment in stretch.segments for source in segment.shares}
    index = MixingIndex(segments)
    key = fingerprint(
        {
            "parent": parent,
            "model": study.scale.model,
            "optimizer": study.scale.optimizer,
            "rates": stretch.rates,
            "mixture": [(segment.rows, dict(segment.shares)) for segment in stretch.segments],
            "stores": {source: stores[source].name for source in drawn},
            "batch_rows": study.scale.batch_rows,
            "seed": seed,
            "numerics": [NUMERICS_VERSION, study.hardware.compute],
        }
    )
    return Job(
        key=key,
        parent=parent,
        label="",
        model=study.scale.model,
        optimizer=study.scale.optimizer,
        rates=stretch.rates,
        index=index,
        stores={source: stores[source] for source in index.sources},
        batch_rows=study.scale.batch_rows,
        seed=seed,
        first_step=stretch.first_step,
        last_step=stretch.last_step,
    )


def _label(phase: PlannedPhase) -> str:
    return f"{' + '.join(phase.arms)} · {phase.name} · seed {phase.job.seed}"


def _available_rows(store: Path, context: int) -> int | None:
    return row_count(TokenStore(store).count("train", "tokens"), context) if is_complete(store) else None
