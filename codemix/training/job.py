"""A training job: one phase of one run, with everything that shapes its result."""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from codemix.errors import UserError
from codemix.mixing.index import MixingIndex
from codemix.model.config import MeshAxis, Model
from codemix.training.chips import CHIPS
from codemix.training.divergence import Divergence
from codemix.training.optimizer import Optimizer

CHECKPOINTS = "checkpoints"
METRICS = "metrics.jsonl"
LEASE = ".lease"  # who trains it, or trained it last
EVENTS = "events"  # TensorBoard's
DONE = "phase.json"  # written last: a phase without it is not finished


@dataclasses.dataclass(frozen=True, eq=False)
class Job:
    """Steps `first_step` to `last_step` (exclusive) of an arm at one seed, counted from the start of the arm."""

    key: str
    parent: str | None  # key of the phase whose last state this one starts from
    label: str  # for people: arm, phase and seed
    model: Model
    optimizer: Optimizer
    rates: np.ndarray  # learning rate of each of the phase's steps, float32
    index: MixingIndex  # from the arm's first row to this phase's last
    stores: Mapping[str, Path]  # source -> token store
    batch_rows: int
    seed: int
    first_step: int
    last_step: int
    divergence: Divergence = dataclasses.field(default_factory=Divergence)
    row_limits: Mapping[str, int] = dataclasses.field(default_factory=dict)  # source -> the rows of it that are read

    @property
    def tokens_per_step(self) -> int:
        return self.batch_rows * self.model.context

    @property
    def steps(self) -> int:
        return self.last_step - self.first_step

    @property
    def tokens(self) -> int:
        return self.steps * self.tokens_per_step


@dataclasses.dataclass(frozen=True)
class Hardware:
    """What a job runs on. Nothing here changes a batch; only `compute` changes a number beyond rounding.

    A checkpoint is written after every `checkpoint_steps` steps and every `checkpoint_minutes`, at a phase's end, and
    when the process is asked to stop.
    """

    name: str
    chip: str = "CPU"  # what the chips are; of those in `CHIPS` memory and peak are known
    chips: int = 1
    price: float | None = None  # USD for one chip and hour
    mesh: Mapping[MeshAxis, int] = dataclasses.field(default_factory=lambda: {"data": -1})
    compute: Literal["float32", "bfloat16"] = "float32"
    checkpoint_steps: int = 1000
    checkpoint_minutes: float | None = None
    keep_checkpoints: int = 1  # that stay beside the one being written; of a finished phase the last one stays
    milestone_steps: int | None = None  # checkpoints at multiples of it are never removed
    read_threads: int = 0  # threads that read ahead; 0 where the stores are on a local disk
    profile_steps: int = 0  # of every phase that are profiled for TensorBoard, after the first few
    rows_at_once: int | None = None  # of a device's rows of a batch, those computed together; None for all
    remat: Literal["none", "dots", "full"] | None = None  # in place of `Model.remat`: as much as fits is kept
    topology: str | None = None  # the chips' name to the compiler, "v5e:4x4"
    memory: float | None = None  # bytes of one chip; None for the chip's
    peak_flops: float | None = None  # of one chip, per second, in the `compute` precision; None for the chip's
    utilisation: float | None = None  # the share of it that the plan expects to use

    def __post_init__(self) -> None:
        if chip := CHIPS.get(self.chip):
            known = {"memory": chip.memory} | ({"peak_flops": chip.flops} if self.compute == "bfloat16" else {})
            for field, value in known.items():
                if getattr(self, field) is None:
                    object.__setattr__(self, field, value)
        for field, most in (("price", math.inf), ("peak_flops", math.inf), ("memory", math.inf), ("utilisation", 1)):
            value = getattr(self, field)
            if value is not None and not 0 < value <= most:
                bound = "" if most == math.inf else f" up to {most}"
                raise UserError(
                    f"Hardware.{field} is {value}; give a number above 0{bound}, or None where it is not known."
                )
        if self.chips < 1:
            raise UserError(f"Hardware.chips is {self.chips}; give a whole number ≥ 1.")
        for field in ("keep_checkpoints", "milestone_steps", "checkpoint_minutes", "rows_at_once"):
            value = getattr(self, field)
            if value is not None and not value > 0:
                raise UserError(f"Hardware.{field} is {value}; give a number above 0.")
        if self.remat not in (None, "none", "dots", "full"):
            raise UserError(f"Hardware.remat is {self.remat!r}; give 'none', 'dots', 'full', or None for Model.remat.")
        if self.profile_steps < 0:
            raise UserError(f"Hardware.profile_steps is {self.profile_steps}; give how many, or 0 for no profile.")
        if self.checkpoint_steps < 1 or self.read_threads < 0:
            raise UserError(
                "Hardware.checkpoint_steps must be at least 1 and Hardware.read_threads at least 0; "
                f"they are {self.checkpoint_steps} and {self.read_threads}, change them."
            )

    def computes(self, model: Model) -> Model:
        """The model as it is computed here: the same function of the same parameters."""
        return dataclasses.replace(model, remat=self.remat or model.remat)


def phase_folder(home: Path, key: str) -> Path:
    return home / "phases" / key


def is_done(home: Path, key: str) -> bool:
    return (phase_folder(home, key) / DONE).exists()
