"""The plan as a record: what `codemix plan --json` prints, `plan.json` keeps and the report reads."""

import platform
from importlib import metadata
from typing import Any

from codemix.store.token_store import TokenStore, is_complete
from codemix.study.plan import Plan, PlannedPhase

FORMAT = 1
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
            "context": study.scale.model.context,
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
                "available_tokens": None
                if entry.available_rows is None
                else entry.available_rows * study.scale.model.context,
                "epochs": entry.epochs,
            }
            for arm, entries in plan.ledgers.items()
            for entry in entries
        ],
        "sharing": {
            "tokens_arm_by_arm": plan.tokens_arm_by_arm,
            "tokens_trained": plan.tokens_trained,
            "saved_share": plan.saved_share,
        },
        "flops": plan.flops,
        "chip_hours": plan.chip_hours,
        "missing": {"tasks": plan.missing_tasks, "phases": plan.missing_phases},
        "warnings": plan.warnings(),
    }


def _source(plan: Plan, task: str) -> dict[str, Any]:
    path = plan.stores[task]
    record = {"key": plan.study.corpora.store_key(task), "store": path.name}
    if not is_complete(path):
        return record
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
        "arms": list(phase.arms),
        "steps": phase.steps,
        "tokens": phase.tokens,
        "first_step": phase.job.first_step,
        "weights": dict(phase.shares),
        "flops": phase.tokens * plan.flops_per_token,
    }
