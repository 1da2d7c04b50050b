"""Arithmetic expressions evaluated: infix with or without precedence, prefix or postfix; which operators there are."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import listed
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "parsing"
VERSION = 2
_OPERATORS = {
    "+": ("a + b", "adds"),
    "-": ("a - b", "subtracts"),
    "*": ("a * b", "multiplies"),
    "<": ("min(a, b)", "gives the smaller of the two"),
    ">": ("max(a, b)", "gives the greater of the two"),
    "~": ("abs(a - b)", "gives the distance of the two"),
    "?": ("a if a % 2 == 0 else b", "gives the first if that is even, otherwise the second"),
    "&": ("10 * a + b", "gives ten times the first, plus the second"),
}


def sketch(draw: Draw) -> Sketch:
    text = draw.identifier("[expression|formula|text|line|term|input_text]")
    form = draw.pick(("left", "right", "precedence", "precedence", "postfix", "prefix"))
    signs = draw.random.sample(sorted(_OPERATORS), draw.number(2, 4))
    strong, weak = signs[0], signs[1:]
    name = draw.identifier("[evaluate|compute|calculate|work out] [expression|formula|term|value|line]")
    stack, token, i = draw.locals("stack", "word", "index", avoid=(text, name, "a", "b"))
    table = "\n".join(f"    '{sign}': lambda a, b: {_OPERATORS[sign][0]}," for sign in signs)
    before = f"OPERATIONS = {{\n{table}\n}}"
    bodies = {
        "left": (
            f"""
                {token}s = {text}.split()
                value = int({token}s[0])
                for {i} in range(1, len({token}s), 2):
                    value = OPERATIONS[{token}s[{i}]](value, int({token}s[{i} + 1]))
                return value
            """,
            f"""
                first, *rest = {text}.rsplit(maxsplit=2)
                if not rest:
                    return int(first)
                sign, last = rest
                return OPERATIONS[sign]({name}(first), int(last))
            """,
        ),
        "right": (
            f"""
                {token}s = {text}.split()
                value = int({token}s[-1])
                for {i} in range(len({token}s) - 2, 0, -2):
                    value = OPERATIONS[{token}s[{i}]](int({token}s[{i} - 1]), value)
                return value
            """,
            f"""
                first, *rest = {text}.split(maxsplit=2)
                if not rest:
                    return int(first)
                sign, others = rest
                return OPERATIONS[sign](int(first), {name}(others))
            """,
        ),
        "precedence": (
            f"""
                {token}s = {text}.split()
                {stack} = [int({token}s[0])]
                signs = []
                for sign, number in zip({token}s[1::2], {token}s[2::2]):
                    if sign == "{strong}":
                        # it binds more tightly than the others
                        {stack}[-1] = OPERATIONS[sign]({stack}[-1], int(number))
                    else:
                        {stack}.append(int(number))
                        signs.append(sign)
                value = {stack}[0]
                for sign, number in zip(signs, {stack}[1:]):
                    value = OPERATIONS[sign](value, number)
                return value
            """,
            f"""
                {token}s = {text}.split()
                for signs in ("{strong}", "{"".join(weak)}"):
                    rest = {token}s[:1]
                    for {i} in range(1, len({token}s), 2):
                        sign, number = {token}s[{i}], {token}s[{i} + 1]
                        if sign in signs:
                            rest[-1] = OPERATIONS[sign](int(rest[-1]), int(number))
                        else:
                            rest += [sign, number]
                    {token}s = rest
                return int({token}s[0])
            """,
        ),
        "postfix": (
            f"""
                {stack} = []
                for {token} in {text}.split():
                    if {token} in OPERATIONS:
                        b = {stack}.pop()
                        a = {stack}.pop()
                        {stack}.append(OPERATIONS[{token}](a, b))
                    else:
                        {stack}.append(int({token}))
                return {stack}[0]
            """,
            f"""
                parts = {text}.split()

                def value():
                    last = parts.pop()
                    if last not in OPERATIONS:
                        return int(last)
                    b = value()
                    return OPERATIONS[last](value(), b)

                return value()
            """,
        ),
        "prefix": (
            f"""
                {stack} = []
                for {token} in reversed({text}.split()):
                    if {token} in OPERATIONS:
                        a = {stack}.pop()
                        b = {stack}.pop()
                        {stack}.append(OPERATIONS[{token}](a, b))
                    else:
                        {stack}.append(int({token}))
                return {stack}[0]
            """,
            f"""
                parts = iter({text}.split())

                def value():
                    first = next(parts)
                    if first not in OPERATIONS:
                        return int(first)
                    a = value()
                    return OPERATIONS[first](a, value())

                return value()
            """,
        ),
    }[form]
    styles = ("loop", "recursion") if form != "precedence" else ("loop", "passes")
    solutions = [Code(body, before, style) for body, style in zip(bodies, styles, strict=True)]
    draw.random.shuffle(solutions)
    said = {
        "left": "There is no precedence: operators are applied from left to right.",
        "right": "There is no precedence: everything to the right of an operator is computed first.",
        "precedence": f"`{strong}` is applied before {listed([f'`{sign}`' for sign in weak])}"
        + (", which rank equally; " if len(weak) > 1 else "; ")
        + "otherwise it goes from left to right.",
        "postfix": "Every operator follows its two operands, each of which may be such an expression itself.",
        "prefix": "Every operator comes before its two operands, each of which may be such an expression itself.",
    }[form]
    noted = {"postfix": "in postfix notation", "prefix": "in prefix notation"}.get(form, "of numbers and operators")

    def tree(random: Random, depth: int) -> str:
        if depth == 0 or random.random() < 0.25:
            return str(random.randint(0, 12))
        a, b, sign = tree(random, depth - 1), tree(random, depth - 1), random.choice(signs)
        return f"{a} {b} {sign}" if form == "postfix" else f"{sign} {a} {b}"

    def sample(random: Random) -> tuple[str]:
        if form in ("postfix", "prefix"):
            return (tree(random, random.randint(0, 3)),)
        rest = (f" {random.choice(signs)} {random.randint(0, 12)}" for _ in range(random.randint(0, 5)))
        return (str(random.randint(0, 12)) + "".join(rest),)

    return Sketch(
        name=name,
        parameters=(Parameter(text, "str", f"an expression {noted}, separated by spaces"),),
        returns="int",
        task=draw.say(f"[find|compute|return|work out] the value of the expression in `{text}`"),
        rules=(
            said,
            listed([f"`{sign}` {_OPERATORS[sign][1]}" for sign in signs]) + ".",
            draw.say(
                "[Numbers are|All operands are] whole and not negative, and the expression is [well formed|valid]."
            ),
        ),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=(("7",), ("0",)),
    )
