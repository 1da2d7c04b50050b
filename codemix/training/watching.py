"""Watchers: what looks at the state while a phase is trained, and leaves it as it is."""

from typing import Protocol

from codemix.training.step import Trainer, TrainState


class Watcher(Protocol):
    """Looks at the state after some steps, counted from the start of the arm.

    A step that is looked at is saved first. Where the process ends before a look has, the phase goes on from that
    checkpoint, and the watcher is asked to look again: what it has done already it finds out itself. A phase that is
    finished is not looked at any more.
    """

    def is_due(self, step: int) -> bool:
        """Whether to look after `step`: a function of the step alone, the same in every process."""
        ...

    def look(self, step: int, trainer: Trainer, state: TrainState) -> None:
        """Called in every process, once the loss of `step` is known to be finite. The state's buffers are the loop's:
        they must not be donated, nor kept after the call."""
        ...
