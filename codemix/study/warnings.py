"""What a reader of the results, or whoever pays for them, must know: sentences about a plan."""

from collections.abc import Iterator, Mapping

from codemix.mixing.ledger import LedgerEntry
from codemix.study.costs import cost
from codemix.study.plan import Plan
from codemix.study.power import power_of
from codemix.study.sharing import kept_apart


def warnings_of(plan: Plan) -> list[str]:
    """Repetition that coincides with a treatment, sources that are too small, schedules that prevent sharing, an effect
    that the study cannot find."""
    return [*_repetition(plan), *_too_small(plan), *_prevented_sharing(plan), *_too_little_power(plan)]


def _repetition(plan: Plan) -> Iterator[str]:
    """A source that arms read more than once, and the control does not."""
    control = {source for source, entry in _last(plan, plan.study.control).items() if (entry.epochs or 0) > 1}
    repeated: dict[str, list[tuple[str, float]]] = {}
    for arm in plan.study.arms:
        for source, entry in _last(plan, arm).items():
            if (entry.epochs or 0) > 1 and source not in control:
                repeated.setdefault(source, []).append((arm, entry.epochs or 0))
    for source, arms in repeated.items():
        named = _and([f"'{arm}' ({epochs:.2f} epochs)" for arm, epochs in arms])
        plural = len(arms) > 1
        yield (
            f"arm{'s' * plural} {named} repeat{'s' * (not plural)} '{source}' and the control does not: "
            f"{'their differences are' if plural else 'its difference is'} also one of repetition."
        )


def _too_small(plan: Plan) -> Iterator[str]:
    """A source that is drawn more often than Study.max_epochs allows."""
    context = plan.study.scale.model.context
    most: dict[str, tuple[str, LedgerEntry]] = {}
    for arm in plan.study.arms:
        for source, entry in _last(plan, arm).items():
            if source not in most or (entry.epochs or 0) > (most[source][1].epochs or 0):
                most[source] = arm, entry
    for source, (arm, entry) in sorted(most.items()):
        allowed = plan.study.max_epochs.get(source, 1)
        if entry.epochs is not None and entry.epochs > allowed:
            known = "declared" if plan.supplies[source].declared else "counted"
            yield (
                f"'{source}' is too small: arm '{arm}' draws {entry.rows_so_far * context:,} tokens of the "
                f"{(entry.available_rows or 0) * context:,} that it may read ({known}), {entry.epochs:,.2f} epochs, "
                f"where {allowed:g} {'is' if allowed == 1 else 'are'} allowed; enlarge it, or allow it with "
                "Study.max_epochs."
            )


def _prevented_sharing(plan: Plan) -> Iterator[str]:
    """Arms that begin alike and are not trained once."""
    for apart in kept_apart(plan):
        lost = cost(plan, apart.lost)
        hours = "" if lost.chip_hours is None else f" and {lost.chip_hours:,.0f} chip-hours"
        yield (
            f"arms '{apart.other}' and '{apart.arm}' begin with the same {apart.alike:,} tokens and share "
            f"{f'{apart.shared:,} of them' if apart.shared else 'none of them'}, for {apart.reason}: that costs "
            f"{apart.lost:,} tokens{hours} over the seeds; phases that end together, and a schedule of each phase's "
            "own (LearningRate.over = 'phase') or without an end ('inverse_sqrt'), can be shared."
        )


def _too_little_power(plan: Plan) -> Iterator[str]:
    """An effect that matters and is below what the study can find."""
    effect, power = plan.study.smallest_effect, power_of(plan)
    if effect is None or power.detectable <= effect:
        return
    mends = [
        *([f"Study.seeds with {power.seeds_needed:,} of them"] if power.seeds_needed else []),
        *([f"BitsPerByte.documents = {power.documents_needed:,}"] if power.documents_needed else []),
    ]
    yield (
        f"with {power.seeds} seed{'s' * (power.seeds > 1)} and {power.documents:,} held-out documents the smallest "
        f"change that is found four times in five is {power.words}, and Study.smallest_effect is "
        f"{effect:.2%}; {' or '.join(mends) or 'more seeds and more documents together'} would do."
    )


def _last(plan: Plan, arm: str) -> Mapping[str, LedgerEntry]:
    """source -> its entry by the end of the arm."""
    return {entry.source: entry for entry in plan.ledgers[arm]}


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
