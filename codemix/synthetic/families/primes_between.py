"""The primes of a range: listed, counted, in pairs, by their digits or gaps."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "number theory"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    low, high = draw.pick((("low", "high"), ("first", "last"), ("start", "stop"), ("least", "most"), ("begin", "end")))
    closed = draw.chance(0.5)
    modulus = draw.pick((3, 4, 5, 6))
    rest = draw.pick([r for r in range(1, modulus) if all(r % d or modulus % d for d in (2, 3, 5, 7))])
    parts, part = draw.pick(((2, 0), (2, 1), (3, 1), (3, 2)))
    gap = draw.pick((2, 4, 6))
    digit = draw.pick((1, 3, 7, 9))
    kind = draw.pick(("all", "rest", "digit", "twin", "semi", "digits"))
    form = draw.pick(("list", "count", "sum", "last", "widest"))
    of = {"list": "list", "count": "count", "sum": "sum of", "last": "largest of", "widest": "widest gap of"}[form]
    some = "" if kind == "all" else "special "
    name = draw.identifier(f"{of} [{some}primes|primes between|primes in range]")
    item, out, divisor = draw.locals("item", "result", "digit", avoid=(low, high, name, "sieve"))
    extra, second_extra, told = {
        "all": ("", "True", ""),
        "rest": (
            f"{{x}} % {modulus} == {rest}",
            f"not ({{x}} - {rest}) % {modulus}",
            f" that leave the remainder {rest} when divided by {modulus}",
        ),
        "digit": (f"{{x}} % 10 == {digit}", f'str({{x}})[-1] == "{digit}"', f" whose last digit is {digit}"),
        "twin": (
            f"is_prime({{x}} + {gap})",
            f"{{x}} + {gap} in primes",
            f" that are prime again when increased by {gap}",
        ),
        "semi": ("is_prime(2 * {x} + 1)", "{x} * 2 + 1 in primes", " whose double, increased by 1, is prime as well"),
        "digits": (
            f"sum(map(int, str({{x}}))) % {parts} == {part}",
            f"(sum(int(c) for c in str({{x}})) - {part}) % {parts} == 0",
            f" whose digits have a sum that leaves the remainder {part} when divided by {parts}",
        ),
    }[kind]
    span = f"range({low}, {high} + 1)" if closed else f"range({low}, {high})"
    condition = f"is_prime({item})" + (f" and {extra.format(x=item)}" if extra else "")
    trial = f"""def is_prime(number: int) -> bool:
    if number < 2:
        return False
    {divisor} = 2
    while {divisor} * {divisor} <= number:
        if number % {divisor} == 0:
            return False
        {divisor} += 1
    return True"""
    finish = {
        "list": out,
        "count": f"len({out})",
        "sum": f"sum({out})",
        "last": f"{out}[-1] if {out} else None",
        "widest": f"max((b - a for a, b in zip({out}, {out}[1:])), default=0)",
    }[form]
    loop = f"""
        {out} = []
        for {item} in {span}:
            if {condition}:
                {out}.append({item})
        return {finish}
    """
    listed = f"""
        {out} = [{item} for {item} in {span} if {condition}]
        return {finish}
    """
    style, body = draw.pick((("loop", loop), ("comprehension", listed)))
    inside = f"{low} <= one {'<=' if closed else '<'} {high}"
    reach = f"2 * max({high}, 1) + {gap + 2}"
    last = {
        "list": "found",
        "count": "sum(1 for _ in found)",
        "sum": "sum(found)",
        "last": "max(found, default=None)",
        "widest": "max([found[k] - found[k - 1] for k in range(1, len(found))] or [0])",
    }[form]
    second = f"""
        limit = {reach}
        primes = set(range(2, limit))
        for one in range(2, limit):
            if one in primes:
                primes -= set(range(one * one, limit, one))
        found = sorted(one for one in primes if {inside} and {second_extra.format(x="one")})
        return {last}
    """
    border = (
        f"from `{low}` to `{high}`, [both included|{high} included]".replace(f"|{high} included", "|the last included")
        if closed
        else f"from `{low}` up to, but not including, `{high}`"
    )
    comma = "," if told else ""
    task = {
        "list": f"[list|return] the primes {border}{comma}{told}",
        "count": f"[count|return the number of] the primes {border}{comma}{told}",
        "sum": f"[add up|return the sum of] the primes {border}{comma}{told}",
        "last": f"[find|return] the largest prime {border}{comma}{told}".replace(
            " that leave ", " that leaves "
        ).replace(" that are prime", " that is prime"),
        "widest": "[find|return] the widest gap, as a difference, between neighbours among the primes "
        f"{border}{comma}{told}",
    }[form]
    rules = ["[1 is not a prime.|The smallest prime is 2.]"]
    rules.append(
        {
            "list": "[The result is in ascending order.|They are listed from the smallest up.]",
            "count": "[If there is none, the answer is 0.|There may be none.]",
            "sum": "[If there is none, the sum is 0.|Without any, return 0.]",
            "last": "[If there is none, return `None`.|Without any, the result is `None`.]",
            "widest": "[With fewer than two of them the answer is 0.|If there are not at least two of them, return 0.]",
        }[form]
    )
    if kind in ("twin", "semi"):
        rules.append(f"[That other prime may lie outside the range.|The other prime need not be below `{high}`.]")
    rules.append(
        f"[`{low}` may be negative, and may be larger than `{high}`; the range is empty then.|If "
        f"`{low}` is larger than `{high}`, there is nothing in the range.]"
    )

    def sample(random: Random) -> tuple[int, int]:
        start = random.choice((random.randint(-3, 12), random.randint(0, 50)))
        return start, start + random.choice((random.randint(0, 12), random.randint(5, 60), -1))

    far = draw.number(11, 40)
    known = {
        "list": f"all(one in (2, 3, 5, 7, 11) and {low} <= one <= {high} for one in result)",
        "count": "0 <= result <= 5",
        "sum": "0 <= result <= 28",
        "last": f"result is None or (result in (2, 3, 5, 7, 11) and {low} <= result <= {high})",
        "widest": "result in (0, 1, 2, 3, 4, 5, 6, 8, 9)",
    }[form]
    return Sketch(
        name=name,
        parameters=(
            Parameter(low, "int", "the beginning of the range"),
            Parameter(high, "int", "the end of the range"),
        ),
        returns={"list": "list[int]", "last": "int | None"}.get(form, "int"),
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, trial, style),
        second=Code(second),
        contract=Contract(
            (
                f"0 <= {low} <= 4",
                f"{low} - 1 <= {high} <= 7",
            ),
            (known,),
        ),
        sample=sample,
        edges=((1, 3), (2, 2), (0, far), (far, far + 30), (25, 53), (8, 11), (30, 20), (2, 60)),
    )
