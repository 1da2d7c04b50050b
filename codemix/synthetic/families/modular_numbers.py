"""Arithmetic with remainders: powers, inverses, orders, roots and simple congruences."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "numbers"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    form = draw.pick(("power", "inverse", "order", "roots", "solve", "repeat", "factorial"))
    base, modulus, exponent = draw.pick(
        (("base", "modulus", "exponent"), ("a", "m", "k"), ("number", "divisor", "power"), ("x", "n", "e"))
    )
    missing = draw.pick(("none", "zero", "raise"))
    offset = draw.number(0, 7)
    factor = draw.number(2, 9)
    name = draw.identifier(
        {
            "power": "[modular|remainder of|clock] power",
            "inverse": "[modular|clock|find] inverse",
            "order": "[multiplicative order|cycle length|power cycle]",
            "roots": "[square roots|roots|square sources] [modulo|of remainder]",
            "solve": "[solve congruence|solve remainder|solutions modulo]",
            "repeat": "[power remainders|remainders|cycle of powers]",
            "factorial": "[factorial|product] [remainder|modulo]",
        }[form]
    )
    out, item, index = draw.locals("result", "item", "index", avoid=(base, modulus, exponent, name))
    fail = {"none": "return None", "zero": "return 0", "raise": 'raise ValueError("there is none")'}[missing]
    plus = f" + {offset}" if offset else ""
    square = f"""
        {out} = 1
        {item} = {base} % {modulus}
        {index} = {exponent}
        while {index} > 0:
            # a bit of the exponent at a time
            if {index} % 2 == 1:
                {out} = {out} * {item} % {modulus}
            {item} = {item} * {item} % {modulus}
            {index} //= 2
        return ({factor} * {out}{plus}) % {modulus}
    """
    bodies = {
        "power": [
            ("squaring", square),
            (
                "loop",
                f"""
        {out} = {factor}
        for _ in range({exponent}):
            {out} = {out} * {base} % {modulus}
        return ({out}{plus}) % {modulus}
        """,
            ),
            ("library", f"return ({factor} * pow({base}, {exponent}, {modulus}){plus}) % {modulus}"),
        ],
        "inverse": [
            (
                "loop",
                f"""
        for {item} in range(1, {modulus}):
            if {base} * {item} % {modulus} == {factor} % {modulus}:
                return {item}
        {fail}
        """,
            )
        ],
        "order": [
            (
                "loop",
                f"""
        {out} = {base} % {modulus}
        for {index} in range(1, {modulus}):
            if {out} == 1:
                return {index}
            {out} = {out} * {base} % {modulus}
        {fail}
        """,
            )
        ],
        "roots": [
            (
                "comprehension",
                f"return [{item} for {item} in range({modulus}) if ({item} * {item}{plus}) "
                f"% {modulus} == {base} % {modulus}]",
            ),
            (
                "loop",
                f"""
        {out} = []
        for {item} in range({modulus}):
            if ({item} ** 2{plus} - {base}) % {modulus} == 0:
                {out}.append({item})
        return {out}
        """,
            ),
        ],
        "solve": [
            (
                "comprehension",
                f"return [{item} for {item} in range({modulus}) if ({base} * {item}{plus}) "
                f"% {modulus} == {factor} % {modulus}]",
            )
        ],
        "repeat": [
            (
                "loop",
                f"""
        {out} = []
        {item} = {factor} % {modulus}
        while {item} not in {out}:
            {out}.append({item})
            {item} = ({item} * {base}{plus}) % {modulus}
        return {out}
        """,
            )
        ],
        "factorial": [
            (
                "loop",
                f"""
        {out} = 1
        for {item} in range(1, {base} + 1):
            {out} = {out} * ({item}{plus}) % {modulus}
        return {out} % {modulus}
        """,
            ),
            (
                "recursion",
                f"""
        if {base} == 0:
            return 1 % {modulus}
        return {name}({base} - 1, {modulus}) * ({base}{plus}) % {modulus}
        """,
            ),
        ],
    }
    style, body = draw.pick(bodies[form])
    solved = f"""
        common = math.gcd({base}, {modulus})
        if ({factor} - {{offset}}) % common:
            {{none}}
        small = {modulus} // common
        first = ({factor} - {{offset}}) // common * pow({base} // common, -1, small) % small
        {{some}}
    """
    failed = fail if form == "inverse" else "return []"
    seconds = {
        "power": (f"return ({factor} * {base}**{exponent}{plus}) % {modulus}", ""),
        "inverse": (
            solved.format(
                offset=0,
                none=failed,
                some=f"answer = first or small\n        if answer < "
                f"{modulus}:\n            return answer\n        {failed}",
            ),
            "import math",
        ),
        "order": (
            f"""
        if math.gcd({base}, {modulus}) != 1 or {modulus} < 2:
            {fail}
        return next(k for k in range(1, {modulus}) if {base}**k % {modulus} == 1)
        """,
            "import math",
        ),
        "roots": (
            f"""
        sources: dict[int, list[int]] = {{}}
        for one in range({modulus}):
            sources.setdefault((pow(one, 2, {modulus}){plus}) % {modulus}, []).append(one)
        return sources.get({base} % {modulus}, [])
        """,
            "",
        ),
        "solve": (
            solved.format(offset=offset, none=failed, some=f"return list(range(first, {modulus}, small))"),
            "import math",
        ),
        "repeat": (
            f"""
        def onward(met: tuple[int, ...]) -> list[int]:
            following = (met[-1] * {base}{plus}) % {modulus}
            return list(met) if following in met else onward((*met, following))

        return onward(({factor} % {modulus},))
        """,
            "",
        ),
        "factorial": (f"return math.prod(range(1 + {offset}, {base} + 1 + {offset})) % {modulus}", "import math"),
    }
    code, before = seconds[form]
    rest = f"the remainder modulo `{modulus}` of"
    added = f" plus {offset}" if offset else ""
    task = {
        "power": f"[compute|return|find] {rest} {factor} times the `{exponent}`-th power of `{base}`{added}",
        "inverse": f"[find|return] the smallest positive number below `{modulus}` whose product with `{base}` "
        f"leaves the same remainder modulo "
        f"`{modulus}` as {factor} does",
        "order": f"[find|return] the smallest positive exponent, less than `{modulus}`, with which the power of "
        f"`{base}` leaves the remainder 1 when divided by `{modulus}`",
        "roots": f"[list|return] the numbers from 0 up to, but not including, `{modulus}` whose square{added} "
        f"leaves the same remainder modulo `{modulus}` as `{base}` does",
        "solve": f"[list|return] the numbers from 0 up to, but not including, `{modulus}` whose product with "
        f"`{base}`{f', increased by {offset},' if offset else ''} "
        f"leaves the same remainder modulo `{modulus}` as {factor} does",
        "repeat": f"[list|return] the different remainders modulo `{modulus}` that [come up|arise] when you begin "
        f"with that of {factor} and go on multiplying "
        f"by `{base}`{f' and adding {offset}' if offset else ''}, taking the remainder each time, until one repeats",
        "factorial": f"[compute|return|find] {rest} the product of "
        + (
            f"the `{base}` successive whole numbers that begin with {offset + 1}"
            if offset
            else f"all whole numbers from 1 to `{base}`"
        ),
    }[form]
    none = {"none": "return `None`", "zero": "return 0", "raise": "raise `ValueError`"}[missing]
    rules = [f"`{modulus}` is [at least 1|a positive whole number]."]
    rules += {
        "power": [
            f"`{exponent}` is not negative, and a power with exponent 0 is 1.",
            f"[`{base}` may be negative; remainders never are.|Remainders are never negative, even where `{base}` is.]",
        ],
        "inverse": [f"If there is no such number, {none}."],
        "order": [f"If there is no such exponent, {none}."],
        "roots": ["The result is in ascending order, and may be empty."],
        "solve": ["The result is in ascending order, and may be empty."],
        "repeat": [
            "The remainders are in the order in which they come up.",
            "[The one that repeats is not listed again.|Each is listed once.]",
        ],
        "factorial": [f"`{base}` is not negative, and the product of no numbers is 1."],
    }[form]
    fallible = form in ("inverse", "order")
    of_power = (Parameter(exponent, "int", "the exponent"),) if form == "power" else ()
    lowest = -5 if form == "power" else 0 if form == "factorial" else 1

    def sample(random: Random) -> tuple[int, ...]:
        given = (
            random.randint(lowest, 7 if form == "factorial" else 40),
            random.choice((random.randint(1, 30), random.randint(2, 60))),
        )
        if form == "power":
            return (given[0], random.randint(0, 12), given[1])
        return given

    pairs = ((3, 7), (4, 10), (5, 1), (2, 9), (max(lowest, 6), 35), (9, 8), (0 if form == "factorial" else 12, 5))
    highest = 5 if form in ("power", "factorial") else 6
    bounds = [f"1 <= {modulus} <= {highest}", f"{max(lowest, -2)} <= {base} <= {highest}"]
    if form == "power":
        bounds.append(f"0 <= {exponent} <= 4")
    none_known = "result == 0 or " if missing == "zero" else "result is None or " if missing == "none" else ""
    known = {
        "power": f"0 <= result < {modulus}",
        "inverse": f"{none_known}({base} * result - {factor}) % {modulus} == 0",
        "order": f"{none_known}({base} ** result - 1) % {modulus} == 0",
        "roots": f"all((one * one{plus} - {base}) % {modulus} == 0 for one in result)",
        "solve": f"all(({base} * one{plus} - {factor}) % {modulus} == 0 for one in result)",
        "repeat": f"len(set(result)) == len(result) <= {modulus}",
        "factorial": f"0 <= result < {modulus}",
    }[form]
    return Sketch(
        name=name,
        parameters=(
            Parameter(base, "int", draw.say("[a whole number|some whole number]")),
            *of_power,
            Parameter(modulus, "int", draw.say("[the modulus|the number to divide by]")),
        ),
        returns={"roots": "list[int]", "solve": "list[int]", "repeat": "list[int]"}.get(
            form, "int | None" if fallible and missing == "none" else "int"
        ),
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, style=style),
        second=Code(code, before),
        raises={"ValueError": "there is no such number"} if fallible and missing == "raise" else {},
        contract=Contract((*bounds,), (known,)),
        sample=sample,
        edges=tuple((a, place + 1, b) for place, (a, b) in enumerate(pairs)) if form == "power" else pairs,
    )
