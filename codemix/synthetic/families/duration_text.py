"""Durations such as "2h 5m" read as numbers, or numbers written so: units, their factors, and what is left out."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import listed
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "parsing"
VERSION = 3
_UNITS = (  # the smallest unit, then (letter, name, how many of the smallest)
    ("second", (("h", "hours", 3600), ("m", "minutes", 60), ("s", "seconds", 1))),
    ("minute", (("d", "days", 1440), ("h", "hours", 60), ("m", "minutes", 1))),
    ("hour", (("w", "weeks", 168), ("d", "days", 24), ("h", "hours", 1))),
    ("day", (("y", "years of 365 days", 365), ("w", "weeks", 7), ("d", "days", 1))),
    ("inch", (("y", "yards", 36), ("f", "feet", 12), ("i", "inches", 1))),
    ("gram", (("t", "tonnes", 1000000), ("k", "kilograms", 1000), ("g", "grams", 1))),
    ("penny", (("p", "pounds", 240), ("s", "shillings", 12), ("d", "pence", 1))),
    ("bottle", (("p", "pallets of 60", 60), ("c", "crates of 12", 12), ("b", "single bottles", 1))),
)


def sketch(draw: Draw) -> Sketch:
    smallest, units = draw.pick(_UNITS)
    plural = {"inch": "inches", "penny": "pence"}.get(smallest, smallest + "s")
    separator, told = draw.pick(((" ", "a space"), ("", ""), (",", "a comma"), ("+", "a plus sign")))
    return (
        _reading(draw, units, plural, separator, told)
        if draw.chance(0.5)
        else _writing(draw, units, plural, separator, told)
    )


def _reading(draw: Draw, units: tuple, plural: str, separator: str, told: str) -> Sketch:
    text = draw.identifier("[text|amount|entry|label|written]")
    negative = draw.chance(0.4)
    fold = draw.chance(0.4)  # capital letters are the same units
    folded = f"{text}.lower()" if fold else text
    whole = draw.chance(0.3)  # the result is rounded down to the middle unit
    (_, _, _), (_, middle_name, middle), _ = units
    told_result = f"whole {middle_name}" if whole else plural
    rounded = f" // {middle}" if whole else ""
    name = draw.identifier(f"[parse|read|to|total|in] {middle_name if whole else plural}")
    total, char = draw.locals("total", "char", avoid=(text, name, "number"))
    table = ", ".join(f"'{letter}': {factor}" for letter, _, factor in units)
    sign = (
        f"""
            if {text}.startswith('-'):
                return -{name}({text}[1:])"""
        if negative
        else ""
    )
    scan = f"""{sign}
            {total} = 0
            number = ""
            for {char} in {folded}:
                if {char}.isdigit():
                    number += {char}
                elif {char} in UNITS:
                    {total} += int(number) * UNITS[{char}]
                    number = ""
            return {total}{rounded}
    """
    result = f"{total}{rounded}"
    ending = (
        f"-({result}) if {text}[:1] == '-' else {result}" if whole else f"-{total} if {text}[:1] == '-' else {total}"
    )
    ending = ending if negative else result
    pattern = f"""
            found = re.findall(r"(\\d+)([{"".join(letter for letter, _, _ in units)}])", {folded})
            {total} = sum(int(number) * UNITS[{char}] for number, {char} in found)
            return {ending}
    """
    bare = f"{folded}.lstrip('-')" if negative else folded
    parts = f"{bare}.split('{separator}')" if separator not in ("", " ") else f"{bare}.split()"
    by_parts = f"""
            {total} = 0
            for part in {parts}:
                if part:
                    {total} += int(part[:-1]) * UNITS[part[-1]]
            return {ending}
    """
    by_places = f"""
            places = [place for place, {char} in enumerate({bare}) if {char} in UNITS]
            {total} = 0
            for before, place in zip([-1, *places], places):
                number = {bare}[before + 1 : place]{f".lstrip('{separator}')" if separator else ""}
                {total} += int(number) * UNITS[{bare}[place]]
            return {ending}
    """
    before = f"UNITS = {{{table}}}"
    solutions = [
        Code(scan, before),
        Code(pattern, f"import re\n\n{before}", "library"),
        Code(by_places, before, "slices"),
    ]
    if separator:
        solutions.append(Code(by_parts, before, "split"))
    draw.random.shuffle(solutions)
    letters = listed([f"`{letter}` for {unit}" for letter, unit, _ in units])

    def sample(random: Random) -> tuple[str]:
        some = random.sample(units, random.randint(0, 3))
        written = separator.join(f"{random.choice((0, 1, 7, 12, 30))}{letter}" for letter, _, _ in some)
        written = ("-" if negative and written and random.random() < 0.4 else "") + written
        return (written.upper() if fold and random.random() < 0.4 else written,)

    a, b, c = (letter for letter, _, _ in units)
    rules = [f"Every part is a whole number followed by its unit: {letters}."]
    rules.append(f"Between parts there is {told}." if told else "The parts follow each other directly.")
    rules.append(draw.say("The parts may come in any order[| and any may be missing]; an empty text gives 0."))
    if negative:
        rules.append("A minus sign in front of it all makes the result negative.")
    if fold:
        rules.append("[Case makes no difference|Capital letters stand for the same units].")
    if whole:
        rules.append("The result is rounded down" + (" before it is made negative." if negative else "."))
    return Sketch(
        name=name,
        parameters=(Parameter(text, "str", draw.say("[an amount|a quantity|an entry] written with units")),),
        returns="int",
        task=draw.say(f"[convert|turn] `{text}`, such as '{separator.join((f'2{a}', f'5{c}'))}', into {told_result}"),
        rules=tuple(map(draw.say, rules)),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=(("",), (separator.join((f"1{a}", f"2{b}", f"3{c}")),), (f"12{b}",)),
    )


def _writing(draw: Draw, units: tuple, plural: str, separator: str, told: str) -> Sketch:
    number = draw.identifier(f"[{plural}|amount|total|quantity]")
    name = draw.identifier(f"[format|write|show|spell out] [{plural}|amount|quantity]")
    zeros = draw.pick(("skip", "keep", "inner"))
    parts, rest = draw.locals("result", "rest", avoid=(number, name, "letter", "size", "count"))
    condition = {"skip": "if count:", "keep": "", "inner": f"if count or {parts}:"}[zeros]
    nothing = draw.pick(("0" + units[-1][0], "none", "-")) if zeros != "keep" else ""
    ending = f" or '{nothing}'" if nothing else ""
    indent = "    " if condition else ""
    table = ", ".join(f"('{letter}', {factor})" for letter, _, factor in units)
    loop = f"""
            {parts} = []
            {rest} = {number}
            for letter, size in UNITS:
                count, {rest} = divmod({rest}, size)
                {condition or "# also where there are none of it"}
                {indent}{parts}.append(f"{{count}}{{letter}}")
            return "{separator}".join({parts}){ending}
    """
    (a, _, large), (b, _, middle), (c, _, _) = units
    shown = {
        "skip": "kept = [f'{count}{letter}' for count, letter in counts if count > 0]",
        "keep": "kept = [f'{count}{letter}' for count, letter in counts]",
        "inner": "kept = [f'{count}{letter}' for count, letter in dropwhile(lambda pair: pair[0] == 0, counts)]",
    }[zeros]
    direct = f"""
            counts = [
                ({number} // {large}, '{a}'),
                ({number} % {large} // {middle}, '{b}'),
                ({number} % {middle}, '{c}'),
            ]
            {shown}
            return {_joined(separator, nothing)}
    """
    if large % middle:
        direct = direct.replace(f"({number} % {middle}, '{c}')", f"({number} % {large} % {middle}, '{c}')")
    by_recursion = f"""
            def parts(amount: int, place: int) -> list[tuple[int, str]]:
                if place == len(UNITS):
                    return []
                letter, size = UNITS[place]
                return [(amount // size, letter), *parts(amount % size, place + 1)]

            counts = parts({number}, 0)
            {shown}
            return {_joined(separator, nothing)}
    """
    by_subtraction = f"""
            counts = []
            {rest} = {number}
            for letter, size in UNITS:
                count = 0
                while {rest} >= size * (count + 1):
                    count += 1
                {rest} -= count * size
                counts.append((count, letter))
            {shown}
            return {_joined(separator, nothing)}
    """
    dropping = "from itertools import dropwhile" if zeros == "inner" else ""
    constant = "\n\n".join(filter(None, [dropping, f"UNITS = ({table})"]))
    solutions = [
        Code(loop, f"UNITS = ({table})"),
        Code(direct, dropping, "arithmetic"),
        Code(by_recursion, constant, "recursion"),
        Code(by_subtraction, constant),
    ]
    draw.random.shuffle(solutions)
    letters = listed([f"`{letter}` for {unit}" for letter, unit, _ in units])
    rules = [
        f"The units are {letters}, in this order; each number is written directly before its unit, "
        + (f"and between the parts there is {told}." if told else "and nothing separates the parts."),
        {
            "skip": "Units of which there are none are left out.",
            "keep": "All three units are always written, with 0 where there are none.",
            "inner": "Units before the first that is not 0 are left out; those after it are written even if 0.",
        }[zeros],
    ]
    if nothing:
        rules.append(f"For 0 the text is '{nothing}'.")

    def sample(random: Random) -> tuple[int]:
        low = random.choice((0, 1, middle - 1, middle, random.randint(0, middle)))
        return (low + middle * random.choice((0, 0, 1, 5)) + large * random.choice((0, 0, 1, 3)),)

    return Sketch(
        name=name,
        parameters=(Parameter(number, "int", f"a number of {plural}, not negative"),),
        returns="str",
        task=draw.say(f"[write|format] `{number}` with larger units as far as possible"),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=((0,), (large,), (middle + 1,), (large + middle - 1,)),
    )


def _joined(separator: str, nothing: str) -> str:
    return f"'{separator}'.join(kept) if kept else '{nothing}'" if nothing else f"'{separator}'.join(kept)"
