"""Where the time of a running phase goes. Nothing here waits for the device."""

import time

PARTS = ("compile", "data", "dispatch", "device", "save", "look", "rest")


class Times:
    """A clock of which every moment belongs to one part, so that the parts' sum is the time that has passed.

    `compile`: the first step, which waits for the compiler, or for what it left; `data`: waiting for a batch;
    `dispatch`: handing it and the step to the devices; `device`: waiting for the devices; `save`: checkpoints, as far
    as the steps wait for them; `look`: watchers; `rest`: everything else.

    Attributes:
        total: part -> seconds since the clock was made.
    """

    def __init__(self) -> None:
        self.total = dict.fromkeys(PARTS, 0.0)
        self._taken = dict(self.total)
        self._since = time.perf_counter()

    def lap(self, part: str) -> None:
        """What has passed since the last lap was spent on `part`."""
        now = time.perf_counter()
        self.total[part] += now - self._since
        self._since = now

    def take(self) -> dict[str, float]:
        """part -> seconds since they were last taken."""
        taken = {part: seconds - self._taken[part] for part, seconds in self.total.items()}
        self._taken = dict(self.total)
        return taken


def training_seconds(times: dict[str, float]) -> float:
    """Those that count in tokens per second: all but what watchers took."""
    return sum(times.values()) - times["look"]


def rounded(times: dict[str, float]) -> dict[str, float]:
    """To microseconds, for a record."""
    return {part: round(seconds, 6) for part, seconds in times.items()}
