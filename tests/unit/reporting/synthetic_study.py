"""A synthetic finished study, with known true effects."""

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd

SEEDS = (0, 1, 2)
SOURCES = ("text", "web_code", "markup")
PHASE_TOKENS = 400_000
# arm → mixtures of its phases, and the true change in percent on each held-out source
ARMS = {
    "text_only": ([{"text": 1.0}, {"text": 1.0}], (0.0, 0.0, 0.0)),
    "balanced_only": ([{"text": 0.5, "web_code": 0.5}] * 2, (1.0, -22.0, -9.0)),
    "balanced_to_text": ([{"text": 0.5, "web_code": 0.5}, {"text": 0.9, "web_code": 0.1}], (0.0, -15.0, -6.0)),
    "code_to_text": ([{"web_code": 0.8, "markup": 0.2}, {"text": 0.9, "web_code": 0.1}], (3.0, -18.0, -14.0)),
}
AVAILABLE = {"text": 900_000, "web_code": 700_000, "markup": 60_000}


@dataclasses.dataclass(frozen=True)
class Folders:
    study: Path
    home: Path


def build_synthetic_study(home: Path, seeds: tuple[int, ...], clusters: int) -> Folders:
    study = home / "studies" / "synthetic"
    study.mkdir(parents=True)
    plan = _plan(seeds)
    (study / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    _results(seeds, clusters).to_parquet(study / "results.parquet", index=False)
    for phase in plan["phases"]:
        _write_metrics(home / "phases" / phase["key"] / "metrics.jsonl", phase)
    return Folders(study, home)


def _phase_key(arm: str, seed: int, index: int) -> str:
    trunk = "balanced" if arm.startswith("balanced") and index == 0 else arm
    return f"{trunk[:8]:x<8}{len(trunk):02d}{seed:03d}{index:03d}"


def _plan(seeds: tuple[int, ...]) -> dict:
    phases: dict[str, dict] = {}
    ledger = []
    for arm, (mixtures, _) in ARMS.items():
        read: dict[str, float] = {}
        for index, weights in enumerate(mixtures):
            for source, share in weights.items():
                read[source] = read.get(source, 0) + share * PHASE_TOKENS
                ledger.append(
                    {
                        "arm": arm,
                        "phase": ("start", "continue")[index],
                        "index": index,
                        "source": source,
                        "tokens": int(share * PHASE_TOKENS),
                        "rows": int(share * PHASE_TOKENS) // 256,
                        "available_tokens": AVAILABLE[source],
                        "epochs": read[source] / AVAILABLE[source],
                    }
                )
            for seed in seeds:
                phase = phases.setdefault(
                    _phase_key(arm, seed, index),
                    {
                        "key": _phase_key(arm, seed, index),
                        "parent": _phase_key(arm, seed, index - 1) if index else None,
                        "seed": seed,
                        "index": index,
                        "name": ("start", "continue")[index],
                        "arms": [],
                        "steps": 200,
                        "tokens": PHASE_TOKENS,
                        "first_step": 200 * index,
                        "weights": weights,
                        "flops": 3.6e12,
                    },
                )
                phase["arms"].append(arm)
    runs = [
        {"arm": arm, "seed": seed, "phases": [_phase_key(arm, seed, index) for index in range(2)]}
        for arm in ARMS
        for seed in seeds
    ]
    trained = len(phases) * PHASE_TOKENS
    return {
        "format": 1,
        "study": {
            "name": "synthetic",
            "title": "When should code come? <quickstart> & co",
            "control": "text_only",
            "arms": list(ARMS),
            "seeds": list(seeds),
            "scale": "cpu_tiny",
            "corpora": "local",
            "evaluation": {"context": 256, "stride": 128, "heldout_share": 0.05},
        },
        "command": "codemix run gin/studies/quickstart.gin",
        "versions": {"codemix": "0.1.0", "python": "3.11.7", "jax": "0.10.2", "numpy": "2.4.6"},
        "gin": "# in force\nStudy.control = 'text_only'  # <b>not bold</b> & `plain`\nArm.seeds = 3\n",
        "model": {"parameters": 1_512_448, "layers": 4, "width": 128, "context": 256, "vocabulary": 4096},
        "sources": {
            source: {
                "key": f"{source}-key-0001",
                "fingerprint": f"{number}f3a9c0d12e4b567",
                "tokens": AVAILABLE[source],
                "documents": 1234 + number,
                "bytes": 4 * AVAILABLE[source],
                "heldout_documents": 90,
            }
            for number, source in enumerate(SOURCES)
        },
        "phases": list(phases.values()),
        "runs": runs,
        "ledger": ledger,
        "sharing": {
            "tokens_arm_by_arm": 2 * len(runs) * PHASE_TOKENS,
            "tokens_trained": trained,
            "saved_share": 1 - trained / (2 * len(runs) * PHASE_TOKENS),
        },
        "warnings": ["markup: `code_to_text` reads 1.3 epochs; the control reads none."],
    }


def _results(seeds: tuple[int, ...], clusters: int) -> pd.DataFrame:
    random = np.random.default_rng(7)
    frames = []
    for place, source in enumerate(SOURCES):
        sizes = np.maximum(1, random.lognormal(0.6, 0.7, clusters)).astype(int)
        cluster = np.repeat(np.arange(clusters), sizes)
        count = len(cluster)
        size_bytes = random.lognormal(7.5, 0.8, count).astype(np.int64) + 50
        hardness = 1.6 * math.log(2) * size_bytes * np.exp(0.2 * random.standard_normal(count))
        for arm, (_, changes) in ARMS.items():
            taste = 0.01 * random.standard_normal(clusters)[cluster] + 0.02 * random.standard_normal(count)
            for seed in seeds:
                luck = 0.004 * random.standard_normal()
                factor = (1 + changes[place] / 100) * np.exp(taste * (arm != "text_only") + luck)
                frames.append(
                    pd.DataFrame(
                        {
                            "arm": arm,
                            "seed": seed,
                            "source": source,
                            "document": [f"{source}/{number:04d}" for number in range(count)],
                            "cluster": [f"package-{number}" for number in cluster],
                            "nll": hardness * factor * np.exp(0.005 * random.standard_normal(count)),
                            "bytes": size_bytes,
                            "tokens": size_bytes // 4,
                        }
                    )
                )
    return pd.concat(frames, ignore_index=True)


def _write_metrics(path: Path, phase: dict) -> None:
    random = np.random.default_rng([phase["seed"], phase["index"], len(phase["weights"])])
    path.parent.mkdir(parents=True)
    lines = []
    for step in range(phase["first_step"] + 1, phase["first_step"] + phase["steps"] + 1):
        level = 2.4 - 0.5 * phase["weights"].get("web_code", 0) + 6 * math.exp(-step / 25) + 40 / (step + 40)
        lines.append(
            json.dumps(
                {
                    "step": step,
                    "tokens": step * phase["tokens"] // phase["steps"],
                    "loss": level + 0.08 * float(random.standard_normal()),
                    "lr": 1e-3,
                    "grad_norm": 1.0,
                    "tokens_per_second": 1e5,
                }
            )
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
