"""Lines of keys and values read into a dictionary: separator, comments, repeats, and lines that are neither."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "parsing"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    text = draw.identifier("[text|settings|config|content|source]")
    separator, told = draw.pick((("=", "`=`"), (":", "a colon"), ("->", "`->`"), (":=", "`:=`"), ("@", "`@`")))
    comment = draw.pick(("#", ";", "//", "--", ""))
    numbers = draw.chance(0.5)
    repeats = draw.pick(("last", "first", "all", *(("sum", "greatest") if numbers else ("joined",))))
    broken = draw.pick(("skip", "raise", "stop"))
    folded = draw.pick(("", "", ".lower()", ".upper()"))
    name = draw.identifier(f"[parse|read|load|collect] [settings|pairs|options|{scene.label} values|entries]")
    result, line, key = draw.locals("result", "row", "word", avoid=(text, name, "value", "mark"))
    convert = "int(value)" if numbers else "value.strip()"
    store = {
        "last": f"{result}[{key}] = {convert}",
        "first": f"{result}.setdefault({key}, {convert})",
        "all": f"{result}.setdefault({key}, []).append({convert})",
        "sum": f"{result}[{key}] = {result}.get({key}, 0) + {convert}",
        "greatest": f"{result}[{key}] = max({convert}, {result}.get({key}, {convert}))",
        "joined": f"{result}[{key}] = ({result}.get({key}, '') + ' ' + {convert}).strip()",
    }[repeats]
    failing = {"skip": "continue", "raise": f"raise ValueError({line})", "stop": "break"}[broken]
    ignored = f"not {line} or {line}.startswith('{comment}')" if comment else f"not {line}"
    cut, no_mark = draw.pick(
        (
            (f"{key}, mark, value = {line}.partition('{separator}')", "not mark"),
            (f"{key}, *values = {line}.split('{separator}', 1)", "not values"),
        )
    )
    value = "\n                value = values[0]" if "*" in cut else ""
    solution = Code(
        f"""
            {result} = {{}}
            for {line} in {text}.splitlines():
                {line} = {line}.strip()
                if {ignored}:
                    continue
                {cut}
                if {no_mark}:
                    # neither empty nor a pair
                    {failing}{value}
                {key} = {key}.strip(){folded}
                {store}
            return {result}
        """,
    )
    gathered = {
        "last": "values[-1]",
        "first": "values[0]",
        "all": "values",
        "sum": "sum(values)",
        "greatest": "max(values)",
        "joined": "' '.join(filter(None, values))",
    }[repeats]
    wanted = f"[line for line in map(str.strip, {text}.split('\\n')) if line"
    wanted += f" and line[:{len(comment)}] != {comment!r}]" if comment else "]"
    bad = {
        "skip": f"lines = [line for line in lines if {separator!r} in line]",
        "stop": f"lines = list(takewhile(lambda line: {separator!r} in line, lines))",
        "raise": f"if not all({separator!r} in line for line in lines):\n    raise ValueError({text})",
    }[broken]
    second = "\n".join(
        (
            f"lines = {wanted}",
            bad,
            "groups = {}",
            "for line in lines:",
            f"    place = line.index({separator!r})",
            f"    value = line[place + {len(separator)}:].strip()",
            f"    groups.setdefault(line[:place].strip(){folded}, []).append({'int(value)' if numbers else 'value'})",
            f"return {{each: {gathered} for each, values in groups.items()}}",
        )
    )
    value_type = "int" if numbers else "str"
    rules = [
        draw.say("[Each line holds|A line has] a key and a value, separated by ")
        + f"{told}, the first one in the line; spaces around both are removed.",
        draw.say("[Empty lines|Lines that are empty or blank]")
        + (f" and lines that begin with `{comment}` (spaces in front do not matter)" if comment else "")
        + draw.say(" are [ignored|passed over|skipped]."),
        {
            "skip": "A line without the separator is passed over, too.",
            "raise": "A line without the separator raises ValueError.",
            "stop": "Reading stops at the first line that has text, is no comment and lacks the separator.",
        }[broken],
        {
            "last": draw.say("[If a key is repeated|For a repeated key], the last value [counts|is kept]."),
            "first": draw.say("[If a key is repeated|For a repeated key], the first value [counts|is kept]."),
            "all": "Every key is mapped to the list of its values, in order.",
            "sum": "The values of a repeated key are added up.",
            "greatest": "For a repeated key the greatest value is kept.",
            "joined": "The values of a repeated key are joined by a space, empty ones left out.",
        }[repeats],
    ]
    if folded:
        rules.append(draw.say(f"[Keys are turned into|All keys become] {folded[1:6]} case."))
    if numbers:
        rules.append(draw.say("[All values|The values] are whole numbers[|, perhaps negative]."))
    names = draw.random.sample(scene.labels, 3)

    def pair(random: Random) -> str:
        given = str(random.randint(-9, 40)) if numbers else random.choice((*scene.labels, f"a{separator}b", ""))
        space = random.choice(("", " "))
        one = random.choice(names)
        return f"{space}{one.capitalize() if random.random() < 0.4 else one}{space}{separator}{space}{given}"

    def sample(random: Random) -> tuple[str]:
        lines = []
        for _ in range(random.randint(0, 6)):
            kind = random.random()
            if kind < 0.7:
                lines.append(pair(random))
            elif kind < 0.85:
                lines.append(random.choice(("", f" {comment or ' '} {pair(random)}" if comment else " ")))
            else:
                lines.append(f" {random.choice(names)}")
        return ("\n".join(lines),)

    one, more = ("7", "12") if numbers else (scene.labels[1], scene.labels[2])
    return Sketch(
        name=name,
        parameters=(Parameter(text, "str", draw.say("[the text|the content] of a [settings file|file of pairs]")),),
        returns=f"dict[str, list[{value_type}]]" if repeats == "all" else f"dict[str, {value_type}]",
        task=draw.say(f"[read|parse|turn] the lines of `{text}` into a dictionary"),
        rules=tuple(rules),
        solution=solution,
        second=Code(second, "from itertools import takewhile" if broken == "stop" else ""),
        sample=sample,
        raises={"ValueError": "a line has no separator"} if broken == "raise" else {},
        edges=(
            ("",),
            (f"{names[0]}{separator}{one}\n{names[0]} {separator} {more}",),
            (f" {names[0]} \n",),
            (f"{names[0]}{separator}{one}\n{comment}x\n{names[1]}\n{names[0]}{separator}{more}",),
        ),
    )
