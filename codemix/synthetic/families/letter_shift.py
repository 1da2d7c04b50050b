"""Every letter of a text moved along the alphabet: direction, distance, wrapping, and which letters are moved."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "strings"
VERSION = 3
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
    growing = draw.chance(0.4)  # each letter moves a place further than the one before
    moved = f"chr((ord({char}) - {base} {sign} {'step' if growing else shift}) % 26 + {base})"
    condition = f"'a' <= {char} <= 'z'" if which == _ALPHABET else f'{char} in "{which}"'
    solutions = (
        _growing(text, out, char, moved, condition, shift)
        if growing
        else _steady(text, name, out, char, moved, condition, which, forward * shift)
    )
    draw.random.shuffle(solutions)
    places = f"{shift} place{'s' if shift > 1 else ''}"
    onward = draw.say("[forward|towards z|onward]" if forward == 1 else "[back|towards a|backwards]")
    further = f", the first such letter by {places} and each further one by one place more than the one before"
    phrase = draw.say(
        f"move {told} of {{it}} {onward} in the alphabet, [beginning again at the other end|wrapping round]{further}"
        if growing
        else f"replace {told} of {{it}} with the one {places} {onward} in the alphabet, "
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
        solution=solutions[0],
        second=solutions[1],
        contract=Contract((f"len({text}) <= 3",), (f"len(result) == len({text})",)),
        sample=sample,
        edges=(("",), (_ALPHABET,), ("Az `{",)),
    )


def _steady(
    text: str, name: str, out: str, char: str, moved: str, condition: str, which: str, shift: int
) -> list[Code]:
    """All letters move by as many places."""
    target = "".join(_ALPHABET[(_ALPHABET.index(c) + shift) % 26] for c in which)
    loop = f"""
        {out} = ""
        for {char} in {text}:
            if {condition}:
                # past the end it begins again
                {out} += {moved}
            else:
                {out} += {char}
        return {out}
    """
    recursion = f"""
        if not {text}:
            return ""
        {char} = {text}[0]
        if {condition}:
            {char} = {moved}
        return {char} + {name}({text}[1:])
    """
    mapping = f"""
        {out} = {{}}
        for {char} in "{which}":
            {out}[{char}] = {moved}
        return "".join({out}.get(one, one) for one in {text})
    """
    places = f"""
        {out} = list({text})
        for place, {char} in enumerate({text}):
            at = LETTERS.find({char})
            if at >= 0:
                {out}[place] = MOVED[at]
        return "".join({out})
    """
    return [
        Code(loop),
        Code(f'return "".join({moved} if {condition} else {char} for {char} in {text})', style="comprehension"),
        Code(recursion, style="recursion"),
        Code(mapping, style="mapping"),
        Code(places, f'LETTERS = "{which}"\nMOVED = "{target}"', "table"),
        Code(f'return {text}.translate(str.maketrans("{which}", "{target}"))', style="library"),
    ]


def _growing(text: str, out: str, char: str, moved: str, condition: str, shift: int) -> list[Code]:
    """Each letter that moves goes one place further than the one before."""
    loop = f"""
        {out} = ""
        step = {shift}
        for {char} in {text}:
            if {condition}:
                {out} += {moved}
                step += 1
            else:
                {out} += {char}
        return {out}
    """
    places = f"""
        {out} = list({text})
        places = [place for place, {char} in enumerate({text}) if {condition}]
        for step, place in enumerate(places, {shift}):
            {char} = {text}[place]
            {out}[place] = {moved}
        return "".join({out})
    """
    generator = f"""
        steps = count({shift})

        def moved({char}: str) -> str:
            step = next(steps)
            return {moved}

        return "".join(moved({char}) if {condition} else {char} for {char} in {text})
    """
    return [Code(loop), Code(places, style="indices"), Code(generator, "from itertools import count", "closure")]
