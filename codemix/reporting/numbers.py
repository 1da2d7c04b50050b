"""How numbers are written in a report. A number that does not exist is a dash."""

import math

DASH = "–"
MINUS = "−"


def count(value: float | None) -> str:
    """1234567 → 1,234,567."""
    return DASH if value is None or math.isnan(value) else f"{value:,.0f}"


def short_count(value: float | None) -> str:
    """1234567 → 1.23M; three digits."""
    if value is None or math.isnan(value):
        return DASH
    for limit, unit in ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{unit}" if abs(value) < 999.5 * limit else f"{value / limit:.0f}{unit}"
    return f"{value:.3g}"


def bits_per_byte(value: float) -> str:
    return DASH if math.isnan(value) else f"{value:.4f}"


def change(value: float) -> str:
    """A signed change in percent, without the percent sign: +1.20, −0.35."""
    return signed(value, 2 if abs(value) < 99.995 else 0)


def signed(value: float, digits: int) -> str:
    """A difference with its sign; none where it is zero as written."""
    if not math.isfinite(value):
        return DASH
    text = f"{abs(value):,.{digits}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{'+' if value > 0 else MINUS}{text}"


def decimal(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", MINUS) if math.isfinite(value) else DASH


def interval(low: float, high: float, number=change) -> str:
    """low to high, or a dash where there is no interval."""
    return DASH if math.isnan(low) or math.isnan(high) else f"{number(low)} to {number(high)}"


def p_value(value: float) -> str:
    if math.isnan(value):
        return DASH
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def percent(share: float) -> str:
    """A share as a percentage with at most three digits: 0.125 → 12.5 %."""
    return f"{100 * share:.3g}\u00a0%"


def epochs(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f}"


def plural(number: int, noun: str) -> str:
    """3, document → 3 documents."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def unsigned(value: float) -> str:
    """A size in percent, without sign and percent sign."""
    return change(abs(value)).lstrip("+")
