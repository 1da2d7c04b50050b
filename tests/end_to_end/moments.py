"""Moments of a run, recognised by what lies in its home: when to kill it."""

from pathlib import Path


def collecting(home: Path) -> bool:
    return any(home.glob("documents/.*.partial/*.parquet"))


def training_the_tokenizer(home: Path) -> bool:
    return len(list(home.glob("documents/*/manifest.json"))) == 3 and not any(home.glob("tokenizers/*/*.json"))


def writing_tokens(home: Path) -> bool:
    return any(home.glob("tokens/*/train/*.tokens"))


def in_the_first_phase(home: Path) -> bool:
    """A checkpoint is whole, and the phase is not."""
    return any(home.glob("phases/*/checkpoints/step_*/_CHECKPOINT_METADATA"))


def in_a_later_phase(home: Path) -> bool:
    """A child phase has begun: it would go on from its parent's last state."""
    done = {path.parent.name for path in home.glob("phases/*/phase.json")}
    begun = {path.parent.name for path in home.glob("phases/*/metrics.jsonl")}
    return len(done) >= 3 and begun > done


def writing_a_checkpoint(home: Path) -> bool:
    return any(home.glob("phases/*/checkpoints/*orbax-checkpoint-tmp*"))


def evaluating(home: Path) -> bool:
    return any(home.glob("phases/*/evaluations/*.parquet"))


def reporting(home: Path) -> bool:
    return any(home.glob("studies/*/report/figures/*"))
