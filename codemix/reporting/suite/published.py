"""What a paper printed for the arms of a study, to be shown beside what the study found, and labelled as the paper's.

The figures are those of arXiv 2408.10914 (v1). `corrected` is what its own other figures say the row should be, where
they contradict it. The arms in Table 2 called balanced→text and code→text have, in Figs. 5a and 5b, the values of arms
with proprietary synthetic code; what was read from a figure without printed values is exact to about 0.03.
"""

import dataclasses
from collections.abc import Mapping

from codemix.errors import UserError


@dataclasses.dataclass(frozen=True)
class Printed:
    """A model's scores in points, by category; a mean that was not printed is missing.

    Attributes:
        where: in the paper.
        scores: as printed; keys are those of `codemix.reporting.suite.comparison.MEANS`.
        corrected: what they should be, by the paper's own figures; None where nothing contradicts them. A mean that no
            figure has is missing.
        note: why they are corrected.
    """

    where: str
    scores: Mapping[str, float]
    corrected: Mapping[str, float] | None = None
    note: str = ""


def _table(reasoning: float, knowledge: float, natural: float, code: float, total: float) -> dict[str, float]:
    return {"reasoning": reasoning, "knowledge": knowledge, "NL mean": natural, "code": code, "total": total}


def _three(reasoning: float, knowledge: float, code: float) -> dict[str, float]:
    return {"reasoning": reasoning, "knowledge": knowledge, "code": code}


def _two(reasoning: float, code: float) -> dict[str, float]:
    return {"reasoning": reasoning, "code": code}


_TABLE, _COOLED = "Table 2, 400B tokens", "Table 2, 400B tokens and cooldown with code"
_SWEEP, _QUALITY = "Fig. 4, 200B tokens, digitised", "Fig. 5a, 200B tokens"
_BALANCED_CONTINUED = _table(53.0, 9.9, 31.5, 4.8, 22.6)
_CODE_CONTINUED = _table(53.3, 9.5, 31.4, 4.1, 22.3)
_BALANCED_COOLED = _table(54.9, 10.9, 32.9, 5.8, 23.9)
_CODE_COOLED = _table(52.1, 10.3, 31.2, 7.5, 23.3)
_WITHOUT_CODE = _three(52.9, 10.2, 4.8)
_SYNTHETIC = (
    "Table 2 has for balanced→text what Fig. 5b has for the arm with synthetic code; Fig. 5b's arm without it is shown "
    "as corrected"
)
_SYNTHETIC_CODE = (
    "the first half of this arm in Table 2 (44.7 and 15.5) is Fig. 5a's code with synthetic code, and not the web code "
    "and markup of §3.1 (41.0 and 10.7); the paper has no figure for the arm as described"
)
_COOLED_FROM = "it goes on from an arm that, by Fig. 5b, had synthetic code; the paper has no figure for one without"

_AT_470M: dict[str, Printed] = {
    "text_only": Printed(_TABLE, _table(49.0, 9.5, 29.2, 0.4, 19.6)),
    "balanced_only": Printed(_TABLE, _table(51.8, 8.1, 30.0, 9.0, 23.0)),
    "balanced_to_text": Printed(_TABLE, _BALANCED_CONTINUED, _two(52.0, 3.4), _SYNTHETIC),
    "balanced_synthetic_to_text": Printed(f"{_TABLE} (as balanced→text); Fig. 5b", _BALANCED_CONTINUED),
    "code_to_text": Printed(_TABLE, _CODE_CONTINUED, {}, _SYNTHETIC_CODE),
    "code_synthetic_to_text": Printed(f"{_TABLE} (as code→text)", _CODE_CONTINUED),
    "text_only_cooldown_code": Printed(_COOLED, _table(54.1, 11.1, 32.6, 4.4, 23.2)),
    "balanced_only_cooldown_code": Printed(_COOLED, _table(53.2, 11.1, 32.1, 8.4, 24.2)),
    "balanced_to_text_cooldown_code": Printed(_COOLED, _BALANCED_COOLED, {}, _COOLED_FROM),
    "balanced_synthetic_to_text_cooldown_code": Printed(f"{_COOLED} (as balanced→text)", _BALANCED_COOLED),
    "code_to_text_cooldown_code": Printed(_COOLED, _CODE_COOLED, {}, _SYNTHETIC_CODE),
    "balanced_to_text_cooldown_text": Printed("Fig. 6, 440B tokens", _WITHOUT_CODE, {}, _COOLED_FROM),
    "balanced_synthetic_to_text_cooldown_text": Printed("Fig. 6, 440B tokens (as balanced→text)", _WITHOUT_CODE),
    "code_0": Printed(_SWEEP, _three(50.19, 9.13, 0.20)),
    "code_25": Printed(_SWEEP, _three(51.93, 8.82, 4.13)),
    "code_50": Printed(_SWEEP, _three(51.71, 7.58, 5.85)),
    "code_75": Printed(_SWEEP, _three(50.90, 6.30, 8.46)),
    "code_90": Printed(_SWEEP, _three(46.21, 4.65, 9.56)),
    "code_100": Printed(_SWEEP, _three(41.00, 1.27, 10.67)),
    "quality_code": Printed(_QUALITY, _two(39.9, 12.7)),
    "quality_markup": Printed(_QUALITY, _two(41.0, 10.7)),
    "quality_adjacent": Printed(_QUALITY, _two(42.4, 11.5)),
    "quality_synthetic": Printed(_QUALITY, _two(44.7, 15.5)),
}

_FIG_3 = "Fig. 3, 400B tokens"
_RECIPE = (
    "at 470M the same figure's points of this arm are those of one with synthetic code; at 2.8B the paper does not say"
)
_AT_2B8: dict[str, Printed] = {
    "balanced_only": Printed(_FIG_3, _three(54.5, 23.6, 21.8)),
    "balanced_to_text": Printed(_FIG_3, _three(55.8, 27.1, 12.4), {}, _RECIPE),
    "code_to_text": Printed(_FIG_3, _three(57.9, 25.6, 11.7), {}, _RECIPE),
}

# name, as `Study.published` gives it -> (what the reader is told, the models by arm)
PUBLISHED: dict[str, tuple[str, dict[str, Printed]]] = {
    "paper_470m": ("arXiv 2408.10914 at 470M parameters, one run per arm, no intervals", _AT_470M),
    "paper_2b8": ("arXiv 2408.10914 at 2.8B parameters, one run per arm, no intervals", _AT_2B8),
}


@dataclasses.dataclass(frozen=True)
class PrintedVerdicts:
    """Pairs of answers, judged by Command-R+, that an arm won, lost and tied. The paper prints shares; these counts are
    the only ones over about 200 prompts that have them all (199)."""

    where: str
    wins: int
    losses: int
    ties: int


_CODE_COOLDOWN = "text_only_cooldown_code"
# (arm, control) -> the verdicts
_JUDGED_AT_470M: dict[tuple[str, str], PrintedVerdicts] = {
    ("code_to_text", "text_only"): PrintedVerdicts("Fig. 9", 64, 51, 84),
    ("balanced_to_text", "text_only"): PrintedVerdicts("Fig. 9", 69, 56, 74),
    ("balanced_only_cooldown_code", _CODE_COOLDOWN): PrintedVerdicts("§3.6", 65, 71, 63),
    ("balanced_to_text_cooldown_code", _CODE_COOLDOWN): PrintedVerdicts("§3.6", 75, 69, 55),
    ("code_to_text_cooldown_code", _CODE_COOLDOWN): PrintedVerdicts("§3.6", 73, 67, 59),
    ("balanced_to_text_cooldown_text", "balanced_to_text"): PrintedVerdicts("win rates of the cooldown", 96, 44, 59),
    ("balanced_to_text_cooldown_code", "balanced_to_text"): PrintedVerdicts("win rates of the cooldown", 104, 37, 58),
}
JUDGED: dict[str, dict[tuple[str, str], PrintedVerdicts]] = {"paper_470m": _JUDGED_AT_470M, "paper_2b8": {}}


def published_verdicts(name: str | None, arms: list[str], control: str) -> dict[str, PrintedVerdicts]:
    """The printed verdicts on those of the arms that a paper compared with the same control."""
    pairs = JUDGED[name] if name else {}
    return {arm: pairs[arm, control] for arm in arms if (arm, control) in pairs}


def check_published(name: str) -> None:
    """Raises UserError where there are no such figures."""
    if name not in PUBLISHED:
        raise UserError(f"Study.published is {name!r}; there are {', '.join(PUBLISHED)}, or None for no figures.")


def published(name: str | None, arms: list[str]) -> dict[str, Printed]:
    """The printed figures of those of the arms that a paper has; none where none are asked for."""
    if name is None:
        return {}
    check_published(name)
    return {arm: PUBLISHED[name][1][arm] for arm in arms if arm in PUBLISHED[name][1]}
