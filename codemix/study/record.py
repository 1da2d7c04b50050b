"""The plan as a record: what `codemix plan --json` prints, `plan.json` keeps and the report reads."""

import dataclasses
import math
import platform
from importlib import metadata
from typing import Any

from codemix.store.token_store import TokenStore, is_complete
from codemix.study.costs import Cost, cost, storage
from codemix.study.plan import Plan, PlannedPhase
from codemix.study.power import power_of
from codemix.study.sharing import arm_shares, kept_apart, trunks
from codemix.study.stretches import mean_shares
from codemix.study.suite_items import suite_record
from codemix.study.warnings import warnings_of
from codemix.training.job import is_done

FORMAT = 1
_PIECES = 32  # enough for a picture of a ramp
_VERSIONS_OF = (
    "codemix",
    "jax",
    "jaxlib",
    "flax",
    "optax",
    "orbax-checkpoint",
    "grain",
    "numpy",
    "tokenizers",
    "seqio",
)


def plan_record(plan: Plan, command: str, operative_gin: str) -> dict[str, Any]:
    """The plan as JSON content; what the token stores hold is there for those that are prepared."""
    study = plan.study
    parts = study.scale.model.parameters(plan.vocab_size)
    context = study.scale.model.context
    trained = cost(plan, plan.tokens_trained)
    power = power_of(plan)
    return {
        "format": FORMAT,
        "key": plan.key,
        "study": {
            "name": study.name,
            "title": study.title,
            "control": study.control,
            "arms": list(study.arms),
            "seeds": list(study.seeds),
            "scale": study.scale.name,
            "corpora": study.corpora.name,
            "hardware": study.hardware.name,
            "evaluation": {
                "measure": "bits per byte of held-out documents",
                "sources": list(study.evaluation.sources),
                "documents": study.evaluation.documents,
                "stride": study.evaluation.stride,
            },
        },
        "command": command,
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _VERSIONS_OF}},
        "gin": operative_gin,
        "model": {
            "parameters": sum(parts.values()),
            "parameters_without_embedding": sum(parts.values()) - parts["embedding"],
            "vocabulary": plan.vocab_size,
            "layers": study.scale.model.layers,
            "width": study.scale.model.width,
            "context": context,
            "tokens_per_step": study.scale.tokens_per_step,
        },
        "sources": {task: _source(plan, task) for task in plan.stores},
        "phases": [_phase(plan, phase) for phase in plan.phases.values()],
        "runs": [{"arm": run.arm, "seed": run.seed, "phases": list(run.phases)} for run in plan.runs],
        "ledger": [
            {
                "arm": arm,
                "phase": study.arms[arm].phases[entry.phase].name,
                "index": entry.phase,
                "source": entry.source,
                "tokens": entry.tokens,
                "rows": entry.rows,
                "available_tokens": None if entry.available_rows is None else entry.available_rows * context,
                "declared": plan.supplies[entry.source].declared,
                "epochs": entry.epochs,
            }
            for arm, entries in plan.ledgers.items()
            for entry in entries
        ],
        "sharing": {
            "tokens_arm_by_arm": plan.tokens_arm_by_arm,
            "tokens_trained": plan.tokens_trained,
            "saved_share": plan.saved_share,
            "saved": _cost(cost(plan, plan.tokens_arm_by_arm - plan.tokens_trained)),
            "trunks": [
                {**dataclasses.asdict(trunk), "saved": _cost(cost(plan, trunk.saved))} for trunk in trunks(plan)
            ],
            "arms": [
                {"arm": share.arm, "alone": _cost(cost(plan, share.tokens)), "new": _cost(cost(plan, share.new))}
                for share in arm_shares(plan)
            ],
            "kept_apart": [
                {**dataclasses.asdict(apart), "lost": _cost(cost(plan, apart.lost))} for apart in kept_apart(plan)
            ],
        },
        "costs": {
            "formula": "6 FLOPs for every weight that multiplies, and causal attention counted half, per token",
            "flops_per_token": study.scale.model.flops_per_token(plan.vocab_size),
            "chip": study.hardware.chip,
            "chips": study.hardware.chips,
            "peak_flops": study.hardware.peak_flops,
            "utilisation": study.hardware.utilisation,
            "price": study.hardware.price,
            "arm_by_arm": _cost(cost(plan, plan.tokens_arm_by_arm)),
            "trained": _cost(trained),
        },
        "flops": trained.flops,
        "chip_hours": trained.chip_hours,
        "storage": dataclasses.asdict(storage(plan)),
        "power": {
            **dataclasses.asdict(power),
            "detectable": None if math.isinf(power.detectable) else power.detectable,
            "smallest_effect": study.smallest_effect,
        },
        **({"suite": suite_record(plan, study.suite)} if study.suite else {}),
        "missing": {"tasks": plan.missing_tasks, "phases": plan.missing_phases},
        "warnings": warnings_of(plan),
    }


def _source(plan: Plan, task: str) -> dict[str, Any]:
    path = plan.stores[task]
    source = plan.study.corpora.source(task)
    record = {"key": plan.study.corpora.store_key(task), "store": path.name, "family": source.family}
    if not is_complete(path):
        return {**record, "expected_tokens": source.expected_tokens}
    store = TokenStore(path)
    return {
        **record,
        "fingerprint": store.manifest["fingerprint"],
        "tokenizer": store.manifest["tokenizer"]["fingerprint"],
        "tokens": store.count("train", "tokens"),
        "documents": store.count("train", "documents"),
        "bytes": store.count("train", "bytes"),
        "heldout_documents": store.count("heldout", "documents"),
    }


def _phase(plan: Plan, phase: PlannedPhase) -> dict[str, Any]:
    return {
        "key": phase.key,
        "parent": phase.job.parent,
        "seed": phase.job.seed,
        "index": phase.number,
        "name": phase.name,
        "mixture": phase.mixture,
        "arms": list(phase.arms),
        "steps": phase.steps,
        "first_step": phase.job.first_step,
        "weights": dict(phase.shares),
        "pieces": _pieces(plan, phase),
        "first_rate": float(phase.job.rates[0]),
        "last_rate": float(phase.job.rates[-1]),
        "done": is_done(plan.home, phase.key),
        **_cost(cost(plan, phase.tokens)),
    }


def _pieces(plan: Plan, phase: PlannedPhase) -> list[dict[str, Any]]:
    """The mixture over the phase's tokens, where it changes: at most `_PIECES` pieces and their mean weights."""
    segments = plan.stretches[phase.arms[0]][phase.number].segments
    context = plan.study.scale.model.context
    together = -(-len(segments) // _PIECES)
    groups = [segments[start : start + together] for start in range(0, len(segments), together)]
    return [
        {"tokens": context * sum(segment.rows for segment in group), "weights": mean_shares(group)}
        for group in (groups if len(segments) > 1 else [])
    ]


def _cost(found: Cost) -> dict[str, Any]:
    return dataclasses.asdict(found)
