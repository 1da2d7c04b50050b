"""Which phase a process trains next, beside other processes that train the same study."""

from collections.abc import Sequence

from codemix.store.lease import holder
from codemix.study.plan import Plan
from codemix.training.job import LEASE, is_done, phase_folder

ALL_DONE = -1
NONE_FREE = -2  # other processes have what is left, or what it waits for


def next_phase(plan: Plan, keys: Sequence[str]) -> int:
    """The place in `keys` of the first phase that is not finished, whose parent is, and that no process has; or
    `ALL_DONE`, or `NONE_FREE`."""
    missing = [number for number, key in enumerate(keys) if not is_done(plan.home, key)]
    if not missing:
        return ALL_DONE
    for number in missing:
        parent = plan.phases[keys[number]].job.parent
        # A parent that is none of `keys` nobody waits for: that it is missing is told.
        if (parent is None or parent not in keys or is_done(plan.home, parent)) and not is_held(plan, keys[number]):
            return number
    return NONE_FREE


def is_held(plan: Plan, key: str) -> bool:
    """Whether a process has the phase."""
    found = holder(phase_folder(plan.home, key) / LEASE)
    return found is not None and found.holds
