"""Parts that families share: conditions on numbers and words, and random values."""

import dataclasses
from random import Random

from codemix.synthetic.draw import Draw


@dataclasses.dataclass(frozen=True)
class Predicate:
    """A condition on a whole number, said and coded twice.

    Attributes:
        phrase: after "that are": "greater than 30".
        word: a short name for those that satisfy it: "large".
        template: an expression with {x}.
        second: another expression for the same.
        borders: numbers about which its value changes.
    """

    phrase: str
    word: str
    template: str
    second: str
    borders: tuple[int, ...]

    def code(self, name: str) -> str:
        return self.template.format(x=name)

    def other(self, name: str) -> str:
        return self.second.format(x=name)


def predicate(draw: Draw, least: int, greatest: int) -> Predicate:
    """A condition that some of the numbers from `least` to `greatest` satisfy and others do not."""
    third = max(1, (greatest - least) // 3)
    low = draw.number(least + 1, least + third)
    high = draw.number(greatest - third, greatest - 1)
    n = draw.number(low, high)
    d = draw.pick((2, 3, 4, 5, 6, 7, 8, 9, 11))
    r = draw.number(1, d - 1)
    options = (
        Predicate(
            draw.say(f"[greater than|above|over|more than] {n}"),
            draw.say("[large|high|above]"),
            f"{{x}} > {n}",
            f"not {{x}} <= {n}",
            (n - 1, n, n + 1),
        ),
        Predicate(
            draw.say(f"[at least {n}|{n} or more|not below {n}]"),
            draw.say("[sufficient|enough|high]"),
            f"{{x}} >= {n}",
            f"not {{x}} < {n}",
            (n - 1, n, n + 1),
        ),
        Predicate(
            draw.say(f"[less than|below|under|smaller than] {n}"),
            draw.say("[small|low|below]"),
            f"{{x}} < {n}",
            f"not {{x}} >= {n}",
            (n - 1, n, n + 1),
        ),
        Predicate(
            draw.say(f"[at most {n}|{n} or less|not above {n}]"),
            draw.say("[modest|low|limited]"),
            f"{{x}} <= {n}",
            f"not {{x}} > {n}",
            (n - 1, n, n + 1),
        ),
        Predicate(
            draw.say(f"[between {low} and {high}, both included|from {low} to {high} inclusive]"),
            draw.say("[within|normal|usual|inner]"),
            f"{low} <= {{x}} <= {high}",
            f"{{x}} in range({low}, {high + 1})",
            (low - 1, low, low + 1, high - 1, high, high + 1),
        ),
        Predicate(
            draw.say(f"[strictly between {low} and {high}|above {low} and below {high}]"),
            draw.say("[inside|middle|central]"),
            f"{low} < {{x}} < {high}",
            f"{{x}} in range({low + 1}, {high})",
            (low - 1, low, low + 1, high - 1, high, high + 1),
        ),
        Predicate(
            draw.say(f"[less than {low} or greater than {high}|below {low} or above {high}]"),
            draw.say("[outside|extreme|unusual]"),
            f"{{x}} < {low} or {{x}} > {high}",
            f"{{x}} not in range({low}, {high + 1})",
            (low - 1, low, low + 1, high - 1, high, high + 1),
        ),
        Predicate(
            draw.say(f"[divisible by {d}|evenly divisible by {d}]"),
            draw.say("[divisible|multiple|whole]"),
            f"{{x}} % {d} == 0",
            f"{{x}} // {d} * {d} == {{x}}",
            (n - n % d, n - n % d + 1, n - n % d - 1),
        ),
        Predicate(
            f"not divisible by {d}",
            draw.say("[indivisible|uneven|odd one]"),
            f"{{x}} % {d} != 0",
            f"{{x}} // {d} * {d} != {{x}}",
            (n - n % d, n - n % d + 1, n - n % d - 1),
        ),
        Predicate(
            f"{r} more than a multiple of {d}",
            draw.say("[shifted|aligned|matching]"),
            f"{{x}} % {d} == {r}",
            f"({{x}} - {r}) // {d} * {d} == {{x}} - {r}",
            (n - n % d + r, n - n % d + r + 1, n - n % d + r - 1),
        ),
        Predicate(
            draw.say(f"[odd and above {n}|odd and greater than {n}]"),
            draw.say("[odd high|odd large]"),
            f"{{x}} % 2 == 1 and {{x}} > {n}",
            f"{{x}} & 1 and not {{x}} <= {n}",
            (n, n + 1, n + 2, n + 3, n - 1, n - 2),
        ),
        Predicate(
            draw.say(f"[even and below {n}|even and less than {n}]"),
            draw.say("[even low|even small]"),
            f"{{x}} % 2 == 0 and {{x}} < {n}",
            f"not ({{x}} & 1 or {{x}} >= {n})",
            (n, n + 1, n + 2, n - 1, n - 2),
        ),
    )
    return draw.pick(options)


def integers(random: Random, least: int, greatest: int, favoured: tuple[int, ...] = (), most: int = 9) -> list[int]:
    """Up to `most` whole numbers; about a third from `favoured`, where conditions change, and some repeated."""
    found: list[int] = []
    for _ in range(random.randint(0, most)):
        kind = random.random()
        if favoured and kind < 0.35:
            found.append(random.choice(favoured))
        elif found and kind < 0.5:
            found.append(random.choice(found))
        else:
            found.append(random.randint(least, greatest))
    return found


def words(random: Random, labels: tuple[str, ...], most: int = 7) -> list[str]:
    """Up to `most` of the labels, repeats included."""
    return [random.choice(labels) for _ in range(random.randint(0, most))]
