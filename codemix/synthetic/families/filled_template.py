"""A template whose marked names are replaced by their values, with rules for names that are not known."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "strings"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    template = draw.identifier("[template|pattern|form|letter|message]")
    values = draw.identifier(f"[values|fields|names|{scene.label} values|entries]")
    opens, close = draw.pick((("{", "}"), ("<", ">"), ("[", "]"), ("%", "%"), ("#", "#"), ("{{", "}}"), ("(", ")")))
    unknown = draw.pick(("keep", "drop", "raise", "default", "collect"))
    change = draw.pick(("", "", ".upper()", ".capitalize()", "[::-1]"))
    default = draw.pick(("?", "unknown", "n/a", "-", "none"))
    fold = draw.chance(0.25)
    if unknown == "collect":
        name = draw.identifier("[missing|unknown|unfilled] [fields|names|entries]")
        change = ""
    else:
        name = draw.identifier("[fill|complete|render|expand] [template|form|fields|placeholders]")
    key, out, index = draw.locals("key", "result", "index", avoid=(template, values, name, "end"))
    looked = f"{key}.lower()" if fold else key
    value = f"{values}[{looked}]{change}"
    wide = len(opens)
    whole = f"{template}[{index} : end + {wide}]"
    absent = {
        "keep": f"{out} += {whole}",
        "drop": "pass",
        "raise": f"raise KeyError({key})",
        "default": f'{out} += "{default}"',
    }
    if unknown == "drop":
        decide = f"""if {looked} in {values}:
                {out} += {value}"""
    elif unknown == "raise":
        decide = f"""if {looked} not in {values}:
                {absent["raise"]}
            {out} += {value}"""
    elif unknown == "collect":
        decide = f"""if {looked} not in {values} and {looked} not in {out}:
                {out}.append({looked})"""
    else:
        decide = f"""if {looked} in {values}:
                {out} += {value}
            else:
                {absent[unknown]}"""
    collect = unknown == "collect"
    loop = f"""
        {out} = {"[]" if collect else '""'}
        {index} = 0
        while {index} < len({template}):
            end = {template}.find("{close}", {index} + {wide})
            if not {template}.startswith("{opens}", {index}) or end == -1:
                {"" if collect else f"{out} += {template}[{index}]"}
                {index} += 1
                continue
            {key} = {template}[{index} + {wide} : end]
            {decide}
            {index} = end + {wide}
        return {out}
    """
    escaped = (
        "".join("\\" + c if c in "{}[]()" else c for c in opens),
        "".join("\\" + c if c in "{}[]()" else c for c in close),
    )
    pattern = f'r"(?s){escaped[0]}(.*?){escaped[1]}"'
    found = "found[1].lower()" if fold else "found[1]"
    replacement = {
        "keep": f"{values}[{found}]{change} if {found} in {values} else found[0]",
        "drop": f'{values}[{found}]{change} if {found} in {values} else ""',
        "raise": f"{values}[{found}]{change}",
        "default": f'{values}[{found}]{change} if {found} in {values} else "{default}"',
    }
    if collect:
        lower = "one.lower()" if fold else "one"
        regex = f"""
        every = [{lower} for one in re.findall({pattern}, {template})]
        return [one for one in dict.fromkeys(every) if one not in {values}]
        """
    else:
        regex = f"return re.sub({pattern}, lambda found: {replacement[unknown]}, {template})"
    style = draw.pick(("loop", "library"))
    told = f"`{opens}name{close}`"
    changed = {
        "": "",
        ".upper()": " in capital letters",
        ".capitalize()": " with a capital first letter, the rest in small letters",
        "[::-1]": " written backwards",
    }[change]
    if collect:
        task = f"[list|return] the names in `{template}`, marked as {told}, for which `{values}` has no value"
    else:
        task = f"replace every {told} in `{template}` with the value of that name in `{values}`{changed}"
    rules = {
        "keep": [
            "[Names without a value stay as they are, marks included.|What has no value is left as it is, with "
            "its marks.]"
        ],
        "drop": [
            "[A name without a value is left out, together with its marks.|Where there is no value, nothing is "
            "put there.]"
        ],
        "raise": [],
        "default": [f"[A name without a value becomes|For a name that is not known put] `{default}`."],
        "collect": ["The names are in the order in which they first occur, each once."],
    }[unknown]
    rules.append(
        f"A name goes from `{opens}` to the next `{close}` behind it"
        + ("" if opens == close else "[, and is looked up exactly as it stands there|]")
        + "."
    )
    rules.append(
        f"[A `{opens}` with no `{close}` behind it is ordinary text.|Where `{close}` is missing, `{opens}` is "
        f"ordinary text.]"
    )
    if not collect:
        rules.append(
            "[What a value contains is not replaced again.|Values are put in as they are, and not searched for names.]"
        )
    if fold:
        rules.append(
            "Names in the template are put in lower case before they are looked up"
            + (", and returned so." if collect else ".")
        )
    labels = draw.random.sample(scene.labels, 3)
    fields = draw.random.sample(("name", "place", "day", "item", "code", scene.label.split()[0], "owner"), 4)

    def sample(random: Random) -> tuple[str, dict[str, str]]:
        known = random.sample(fields, random.randint(1, 3))
        parts = []
        for _ in range(random.randint(0, 4)):
            field = random.choice((random.choice(known), random.choice(known), random.choice(fields)))
            field = random.choice((field, field.upper())) if fold else field
            parts.append(
                random.choice((f"{opens}{field}{close}", random.choice(labels), f"{opens}{field}{close}", " ", opens))
            )
        return (random.choice(("", " ")).join(parts), {one: random.choice(labels).capitalize() for one in known})

    one, two = fields[:2]
    kept = {one: labels[0], two: f"{opens}{one}{close}"}
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                template, "str", draw.say("[a text with marked names|the text to be filled|a text with places to fill]")
            ),
            Parameter(
                values, "dict[str, str]", draw.say("[the value of each name|the texts that the names stand for]")
            ),
        ),
        returns="list[str]" if collect else "str",
        task=draw.say(task.replace("`[name]`", "`<<name>>`")).replace("<<name>>", "[name]"),
        rules=tuple(_said(draw, rule, opens, close) for rule in rules),
        solution=Code(loop) if style == "loop" else Code(regex, "import re", style),
        second=Code(regex, "import re") if style == "loop" else Code(loop),
        raises={"KeyError": "a name has no value"} if unknown == "raise" else {},
        sample=sample,
        edges=(
            ("", {}),
            (f"{opens}{one}{close} {labels[1]} {opens}{two}{close}", kept),
            (f"{labels[2]} {opens}{one}", kept),
            (f"{opens}{fields[2]}{close}{opens}{one}{close}{opens}{fields[2]}{close}", kept),
            (f"{opens}{one.upper()}{close}, {opens}{two}{close}{close}", kept),
        ),
    )


def _said(draw: Draw, rule: str, opens: str, close: str) -> str:
    """The rule with its choices made; the marks may be brackets themselves."""
    if opens != "[":
        return draw.say(rule)
    return draw.say(rule.replace("`[`", "`<`").replace("`]`", "`>`")).replace("`<`", "`[`").replace("`>`", "`]`")
