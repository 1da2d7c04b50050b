"""Every letter of a text moved along the alphabet: direction, distance, wrapping, and which letters are moved."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "strings"
VERSION = 2
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    text = draw.identifier(f"[text|message|{scene.label}|note|code]")
    shift = draw.number(1, 12)
    forward = draw.pick((1, -1))
    which, told = draw.pick(
        [
            (_ALPHABET, "[every|each] lower-case letter"),
            ("aeiou", "[every|each] lower-case vowel"),
            ("".join(c for c in _ALPHABET if c not in "aeiou"), "[every|each] lower-case consonant"),
            (_ALPHABET[:13], "[every|each] lower-case letter from a to m"),
            (_ALPHABET[13:], "[every|each] lower-case letter from n to z"),
        ]
    )
    name = draw.identifier("[shift|move|rotate|encode|disguise] [letters|text|message|characters]")
    out, char = draw.locals("result", "char", avoid=(text, name))
    base = "ord('a')"
    sign = "+" if forward == 1 else "-"
    moved = f"chr((ord({char}) - {base} {sign} {shift}) % 26 + {base})"
    condition = f"'a' <= {char} <= 'z'" if which == _ALPHABET else f'{char} in "{which}"'
    bodies = {
        "loop": f"""
            {out} = ""
            for {char} in {text}:
                if {condition}:
                    # past the end it begins again
                    {out} += {moved}
                else:
                    {out} += {char}
            return {out}
        """,
        "comprehension": f"""return "".join({moved} if {condition} else {char} for {char} in {text})""",
        "recursion": f"""
            if not {text}:
                return ""
            {char} = {text}[0]
            if {condition}:
                {char} = {moved}
            return {char} + {name}({text}[1:])
        """,
    }
    style = draw.pick(list(bodies))
    target = "".join(_ALPHABET[(_ALPHABET.index(c) + forward * shift) % 26] for c in which)
    places = f"{shift} place{'s' if shift > 1 else ''}"
    onward = draw.say("[forward|towards z|onward]" if forward == 1 else "[back|towards a|backwards]")
    phrase = draw.say(
        f"replace {told} of {{it}} with the one {places} {onward} in the alphabet, "
        "[beginning again at the other end|wrapping round|and wrap round at the end]"
    )

    def sample(random: Random) -> tuple[str]:
        size = random.randint(0, 12)
        label = random.choice(scene.labels)
        return (random.choice((label, "".join(random.choice(_ALPHABET + "AZ !7") for _ in range(size)))),)

    return Sketch(
        name=name,
        parameters=(Parameter(text, "str", draw.say("[a text|the message|a line of text]")),),
        returns="str",
        task=phrase.format(it=f"`{text}`"),
        step=phrase,
        rules=(
            draw.say("[All other characters stay as they are.|Nothing else is changed.|Leave everything else alone.]"),
        ),
        solution=Code(bodies[style], style=style),
        second=Code(f"""return {text}.translate(str.maketrans("{which}", "{target}"))"""),
        contract=Contract((f"len({text}) <= 3",), (f"len(result) == len({text})",)),
        sample=sample,
        edges=(("",), (_ALPHABET,), ("Az `{",)),
    )
