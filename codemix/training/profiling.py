"""A profile of some steps, for TensorBoard: what the devices and the host do, operation by operation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax

_WARM_UP_STEPS = 3  # the first compiles, and the next fill what is read ahead


class Profiler:
    """Traces `steps` steps of a phase, after the first few that this process takes."""

    def __init__(self, folder: Path, steps: int, tell: Callable[[str], None]):
        """`folder`: where TensorBoard looks for it; each host writes files of its own there. 0 steps: no profile."""
        self._folder, self._steps, self._tell = folder, steps, tell
        self._seen = 0
        self._first: int | None = None
        self._last = 0

    def after(self, step: int, metrics: dict[str, Any]) -> None:
        """To be called after every step. Waits for the device at the profile's two ends, and nowhere else."""
        if not self._steps:
            return
        self._seen += 1
        if self._first is not None:
            self._last = step
        if self._seen == _WARM_UP_STEPS:
            jax.block_until_ready(metrics)
            options = jax.profiler.ProfileOptions()
            options.python_tracer_level = 0  # every call of every function: that slows down what it measures
            jax.profiler.start_trace(self._folder, profiler_options=options)
            self._first = step + 1
        elif self._seen == _WARM_UP_STEPS + self._steps:
            jax.block_until_ready(metrics)
            self.close()

    def close(self) -> None:
        """Writes what there is, and says where. A phase that ended before the profile began has none."""
        if self._first is not None:
            first, self._first, self._steps = self._first, None, 0
            jax.profiler.stop_trace()
            self._tell(
                f"Profile of steps {first} to {self._last}: {self._folder}; open it with "
                f"`pip install xprof tensorboard && tensorboard --logdir {self._folder}`."
            )
        elif self._steps and self._seen:
            self._steps = 0
            self._tell(f"No profile: it begins after {_WARM_UP_STEPS} steps, and only {self._seen} were left to take.")
