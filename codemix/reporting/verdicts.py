"""What a comparison says, in words."""

import math

from codemix.reporting.statistics import LEVEL

BETTER = "better"
WORSE = "worse"
UNCLEAR = "no clear difference"
BEFORE_CORRECTION = "unclear after Holm"
NO_INTERVAL = "no interval"
SHOWN_ONLY = "shown only"


def verdict(better: bool, p_value: float, p_holm: float) -> str:
    """The words for a difference that is for the better or not; NaN is a comparison without an interval."""
    if math.isnan(p_value):
        return NO_INTERVAL
    if p_holm < 1 - LEVEL:
        return BETTER if better else WORSE
    return BEFORE_CORRECTION if p_value < 1 - LEVEL else UNCLEAR
