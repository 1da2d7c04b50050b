"""When a checkpoint is due by the time that has passed."""

import time

from codemix.training.processes import chosen

_LOOKS = 8  # steps between two looks at the clock: where several processes train, the leader's decides for all


class Clock:
    def __init__(self, minutes: float | None):
        """`minutes` between two checkpoints; None where time makes none due."""
        self._seconds = None if minutes is None else 60 * minutes
        self.restart()

    def restart(self) -> None:
        self._began = time.monotonic()

    def is_due(self, step: int) -> bool:
        """Whether one is due after this step. Every process must ask for every step."""
        seconds = self._seconds
        if seconds is None or step % _LOOKS:
            return False
        return bool(chosen(lambda: int(time.monotonic() - self._began >= seconds)))
