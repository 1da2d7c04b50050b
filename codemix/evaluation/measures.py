"""What is measured on a benchmark, and which measures are good enough to decide by at a study's scale.

A small model is near chance on accuracy, exact match and pass@k: differences between arms are then mostly those of the
draw, and such a score is shown without being decided by. What the same items say continuously carries signal earlier:
bits per byte of the right answer, and its probability among the choices (arXiv 2504.11393 §4; 2508.13144 §5).
"""

import dataclasses
from typing import Literal

from codemix.evaluation.suite import Category, SuiteTask

Grade = Literal["decision", "display"]

# Parameters from which scores that count right answers decide; and of benchmarks on which models below it order arms
# no better than a coin (46 to 50 % of pairs at 150M parameters, arXiv 2508.13144).
_COUNTED_FROM = 1_000_000_000
_COIN_FLIPS = {"boolq": 0.48, "winogrande": 0.50, "gsm8k": 0.46}


@dataclasses.dataclass(frozen=True)
class Measure:
    """A column of the items table, as a benchmark has it.

    Attributes:
        task, category: the benchmark's.
        name: the measure; of `score`, what it is (acc, exact_match, pass@1…).
        column: of the items table.
        chance: what guessing gives; None where that says nothing.
        higher_is_better: as it says.
        grade: whether arms may be decided between by it, or it is shown only.
        reason: for the grade.
    """

    task: str
    category: Category
    name: str
    column: str
    chance: float | None
    higher_is_better: bool
    grade: Grade
    reason: str


def measures(task: SuiteTask, parameters: int) -> list[Measure]:
    """What is measured on a benchmark by a model of so many parameters; its score comes first."""
    chosen = task.answers in ("texts", "labels")
    found = [_measure(task, task.measure, "score", task.chance, True, *_counted(task, parameters))]
    if chosen:
        found += [
            _measure(task, name, name, task.chance, True, *_counted(task, parameters))
            for name in ("acc", "acc_norm")
            if name != task.measure
        ]
    found.append(_measure(task, "bits_per_byte", "bits_per_byte", None, False, *_bits_per_byte(task)))
    if chosen:
        found.append(_measure(task, "p_correct", "p_correct", task.chance, True, *_p_correct(task, parameters)))
        reason = "it says what p_correct says, on a scale without bounds that a few items dominate"
        found.append(_measure(task, "margin", "margin", None, True, "display", reason))
    return found


def _measure(
    task: SuiteTask, name: str, column: str, chance: float | None, higher: bool, grade: Grade, reason: str
) -> Measure:
    return Measure(task.name, task.category, name, column, chance, higher, grade, reason)


def _counted(task: SuiteTask, parameters: int) -> tuple[Grade, str]:
    if parameters >= _COUNTED_FROM:
        return "decision", "from 1B parameters on, models are beyond chance on counted answers"
    if share := _COIN_FLIPS.get(task.name):
        return "display", f"at 150M parameters it orders {share:.0%} of pairs of models as larger ones do: a coin flip"
    near = f"chance ({task.chance:.0%})" if task.chance else "zero"
    return "display", f"below 1B parameters counted answers are near {near}, and differences mostly the draw's"


def _bits_per_byte(task: SuiteTask) -> tuple[Grade, str]:
    if task.answers == "labels":
        return "display", "the answer is a label: its bits per byte do not follow accuracy (ρ = −0.07 on MMLU)"
    return "decision", "continuous, and monotone in scale where counted answers are still near chance"


def _p_correct(task: SuiteTask, parameters: int) -> tuple[Grade, str]:
    if parameters < _COUNTED_FROM and task.name in _COIN_FLIPS:
        return "display", "below 1B parameters no measure of this benchmark orders models as larger ones do"
    return (
        "decision",
        "continuous, and follows accuracy where that is still near chance (ρ = 0.87 on MMLU)",
    )
