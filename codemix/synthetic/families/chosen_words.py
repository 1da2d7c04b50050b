"""Words of a text chosen by a property, changed, and joined again or counted."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "strings"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    text = draw.pick(("text", "line", "sentence", "message", "note", "entry"))
    n = draw.number(3, 7)
    letter = draw.pick("aeiorstln")
    border = "m" if letter == "a" else letter  # nothing comes before a
    condition, told, other = draw.pick(
        (
            (
                f"len({{w}}) > {n}",
                f"[have more than|are longer than] {n} letters".replace("are longer than", "contain more than"),
                f"not len({{w}}) <= {n}",
            ),
            (f"len({{w}}) <= {n}", f"[have at most|contain no more than] {n} letters", f"not len({{w}}) > {n}"),
            (
                f"len({{w}}) % 2 == {n % 2}",
                f"have an {('even', 'odd')[n % 2]} number of letters",
                f"len({{w}}[::2]) {'> len' if n % 2 else '== len'}({{w}}[1::2])",
            ),
            (f'"{letter}" in {{w}}', f'contain the letter "{letter}"', f'{{w}}.count("{letter}") > 0'),
            (f'"{letter}" not in {{w}}', f'do not contain the letter "{letter}"', f'not {{w}}.count("{letter}")'),
            (f'{{w}}.endswith("{letter}")', f'end with "{letter}"', f'{{w}}[-1:] == "{letter}"'),
            (f'{{w}}[0] < "{border}"', f'begin with a letter before "{border}"', f'ord({{w}}[0]) < ord("{border}")'),
            ('{w}[0] in "aeiou"', "begin with a vowel", 'any(map({w}.startswith, "aeiou"))'),
        )
    )
    change, changed, alternative = draw.pick(
        (
            ("{w}", "", "{w}"),
            ("{w}.upper()", "in capitals", "''.join(map(str.upper, {w}))"),
            ("{w}[::-1]", "written backwards", "''.join(reversed({w}))"),
            ("{w}[0]", "cut to the first letter", "{w}[:1]"),
            ("{w}.capitalize()", "with a capital first letter", "{w}[0].upper() + {w}[1:]"),
            (f"{{w}}[:{n - 1}]", f"cut to at most {n - 1} letters", f"''.join(list({{w}})[:{n - 1}])"),
            ("{w} + str(len({w}))", "followed directly by the number of their letters", "f'{{{w}}}{{len({w})}}'"),
        )
    )
    goal = draw.pick(("joined", "joined", "list", "replaced", "letters"))
    mark = draw.pick((" ", "-", ", ", "/", "+"))
    marked = {" ": "single spaces", "-": "hyphens", ", ": "a comma and a space", "/": "slashes", "+": "plus signs"}[
        mark
    ]
    word, out = draw.locals("word", "result", avoid=(text,))
    new, ok = change.format(w=word), condition.format(w=word)
    if goal == "replaced" and change == "{w}":
        goal = "joined"
    bodies = {
        "joined": (f'return "{mark}".join({new} for {word} in {text}.split() if {ok})', "str"),
        "list": (f"return [{new} for {word} in {text}.split() if {ok}]", "list[str]"),
        "replaced": (f'return "{mark}".join({new} if {ok} else {word} for {word} in {text}.split())', "str"),
        "letters": (f"return sum(len({word}) for {word} in {text}.split() if {ok})", "int"),
    }
    loops = {
        "joined": (f"{out} = []", f"if {ok}:\n        {out}.append({new})", f'return "{mark}".join({out})'),
        "list": (f"{out} = []", f"if {ok}:\n        {out}.append({new})", f"return {out}"),
        "replaced": (f"{out} = []", f"{out}.append({new} if {ok} else {word})", f'return "{mark}".join({out})'),
        "letters": (f"{out} = 0", f"if {ok}:\n        {out} += len({word})", f"return {out}"),
    }
    body, returns = bodies[goal]
    style = draw.pick(("comprehension", "loop"))
    if style == "loop":
        begin, step, end = loops[goal]
        body = f"{begin}\nfor {word} in {text}.split():\n    {step}\n{end}"
    one, fits = (
        alternative.format(w="one"),
        other.format(w="one"),
    )
    collected = {
        "joined": (f"made += [{one}]", "", f'return "{mark}".join(made)'),
        "list": (f"made += [{one}]", "", "return made"),
        "replaced": (f"made += [{one}]", "made += [one]", f'return "{mark}".join(made)'),
        "letters": ("made += one", "", "return len(made)"),
    }[goal]
    otherwise = f"\n        else:\n            {collected[1]}" if collected[1] else ""
    second = f"""made: list[str] = []
one = ""
for char in {text} + " ":
    if not char.isspace():
        one += char
    elif one:
        if {fits}:
            {collected[0]}{otherwise}
        one = ""
{collected[2]}"""
    suffix = f", {changed}" if changed else ""
    phrase = {
        "joined": f"[join|put together] the words of {{it}} that {told}{suffix}, [with {marked} between "
        f"them|separated by {marked}]",
        "list": f"[list|return, in order,|collect] the words of {{it}} that {told}{suffix}",
        "replaced": f"[return|give] the words of {{it}}, those that {told} {changed} and the others as they "
        f"are, separated by {marked}",
        "letters": f"count the letters in those words of {{it}} that {told}",
    }[goal]
    phrase = draw.say(phrase)
    name = draw.identifier(
        {
            "joined": "[join|select|pick] [words|chosen words|matching words]",
            "list": "[chosen|matching|selected] words",
            "replaced": "[rewrite|change|mark] [words|some words|line]",
            "letters": "[letters of words|count letters|matching letters]",
        }[goal]
    )

    def sample(random: Random) -> tuple[str]:
        pool = (
            *scene.labels,
            "to",
            "a",
            "of",
            "old",
            "ever",
            "seven",
            letter,
            letter * n,
            "o" * (n + 1),
            f"ba{letter}",
        )
        words = [random.choice(pool) for _ in range(random.randint(0, 6))]
        return (random.choice((" ", " ", "  ")).join(words),)

    a, b, c = scene.labels[:3]
    known = f"0 <= result <= len({text})" if goal == "letters" else f"len(result) <= 4 * len({text})"
    return Sketch(
        name=name,
        parameters=(Parameter(text, "str", "words in lower case with spaces between them"),),
        returns=returns,
        task=phrase.format(it=f"`{text}`"),
        rules=(
            draw.say("[There may be several spaces between two words.|More than one space may separate words.]"),
            draw.say("[A text without words is possible.|The text may be empty.]"),
        ),
        solution=Code(body, style=style),
        second=Code(second),
        contract=Contract(
            (
                f"len({text}) <= 3",
                f"all(one in ' aeiorst' for one in {text})",
            ),
            (known,),
        ),
        sample=sample,
        edges=(("",), (f"{a} {b}  {c}",), (f"{letter * n} {'e' * (n + 1)} {'u' * (n - 1)}",)),
    )
