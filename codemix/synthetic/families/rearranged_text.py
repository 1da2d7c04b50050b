"""Ciphers that only move letters: columns, rails, blocks, halves; writing and reading them."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "strings"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    text = draw.identifier("[text|message|note|secret|line]")
    form = draw.pick(("columns", "columns", "rails", "blocks", "halves", "stride", "words"))
    back = draw.chance(0.45)  # from the cipher to the text
    width = draw.number(3, 6)
    order = draw.random.sample(range(width), width)
    rails = draw.number(2, 4)
    odd = draw.chance(0.5)
    name = draw.identifier(
        f"[{'decipher|restore|unscramble' if back else 'scramble|encipher|rearrange'}] "
        f"[{form}|by {form}|{scene.thing} note]"
    )
    out, char, index = draw.locals("result", "char", "index", avoid=(text, name, "order", "place", "rows"))
    # which places of the text are written, one after the other
    ways = {
        "columns": (
            f"[{index} for column in {order} for {index} in range(column, len({text}), {width})]",
            f"sorted(range(len({text})), key=lambda k: ({order}.index(k % {width}), k))",
        ),
        "rails": (
            f"sorted(range(len({text})), key=lambda {index}: ({rails - 1} - abs({rails - 1} - {index} % "
            f"{2 * rails - 2}), {index}))",
            f"[k for rail in range({rails}) for k in range(len({text})) if k % {2 * rails - 2} in (rail, "
            f"{2 * rails - 2} - rail)]",
        ),
        "blocks": (
            f"[{index} for start in range(0, len({text}), {width}) for {index} in reversed(range(start, "
            f"min(start + {width}, len({text}))))]",
            f"sorted(range(len({text})), key=lambda k: (k // {width}, -k))",
        ),
        "halves": (
            f"[{index} for {index} in range(len({text})) if {index} % 2 == {int(odd)}] + "
            f"[{index} for {index} in range(len({text})) if {index} % 2 == {1 - int(odd)}]",
            f"sorted(range(len({text})), key=lambda k: {'-' if odd else ''}(k % 2))",
        ),
        "stride": (
            f"[{index} for start in range({width}) for {index} in range(start, len({text}), {width})]",
            f"sorted(range(len({text})), key=lambda k: k % {width})",
        ),
        "words": ("", ""),
    }[form]
    way, other = ways
    if form == "words":
        turn = f"word[{rails}:] + word[:{rails}]" if odd else "word[::-1]"
        undo = f"word[-{rails}:] + word[:-{rails}] if len(word) > {rails} else word" if odd else "word[::-1]"
        turn = f"{turn} if len(word) > {rails} else word" if odd else turn
        code = Code(
            f"""return " ".join({undo if back else turn} for word in {text}.split(" "))""", style="comprehension"
        )
        one = ("place" if odd else "") and (f"(place {'-' if back else '+'} {rails}) % len(word)")
        picked = f"word[{one}]" if odd else "word[len(word) - 1 - place]"
        keep = f"word if len(word) < {rails + 1} else " if odd else ""
        second = Code(f"""
            made = []
            for word in {text}.split(" "):
                made.append({keep}"".join({picked} for place in range(len(word))))
            return " ".join(made)
        """)
    elif back:
        loop = f"""
            order = {way}
            {out} = [""] * len({text})
            # each character goes back to where it was
            for {char}, {index} in zip({text}, order):
                {out}[{index}] = {char}
            return "".join({out})
        """
        sort = f"""
            order = {way}
            return "".join({char} for _, {char} in sorted(zip(order, {text})))
        """
        style, body = draw.pick((("loop", loop), ("sorting", sort)))
        code = Code(body, style=style)
        second = Code(f"""
            order = {other}
            return "".join({text}[order.index(k)] for k in range(len({text})))
        """)
    else:
        plain = {
            "columns": f"""
            {out} = ""
            for column in {order}:
                {out} += {text}[column::{width}]
            return {out}
            """,
            "stride": f"""return "".join({text}[{index}::{width}] for {index} in range({width}))""",
            "halves": f"return {text}[{int(odd)}::2] + {text}[{1 - int(odd)}::2]",
            "blocks": f"""
            {out} = ""
            for {index} in range(0, len({text}), {width}):
                {out} += {text}[{index} : {index} + {width}][::-1]
            return {out}
            """,
            "rails": f"""
            rows = [""] * {rails}
            place, {index} = 0, 1
            for {char} in {text}:
                rows[place] += {char}
                if not 0 <= place + {index} < {rails}:
                    {index} = -{index}
                place += {index}
            return "".join(rows)
            """,
        }[form]
        listed = f"""
            order = {way}
            return "".join({text}[{index}] for {index} in order)
        """
        style, body = draw.pick((("direct", plain), ("order", listed)))
        code = Code(body, style=style)
        second = Code(f"""
            order = {other}
            return "".join(map({text}.__getitem__, order))
        """)
    sequence = ", ".join(str(column + 1) for column in order)
    parity = "second, fourth, sixth and so on" if odd else "first, third, fifth and so on"
    rest = "first, third, fifth and so on" if odd else "second, fourth, sixth and so on"
    way_told = {
        "columns": f"the text is written into rows of {width} characters, the last of which may be shorter, and "
        f"its columns are read from top to bottom "
        f"in the order {sequence}",
        "stride": f"the text is written into rows of {width} characters, the last of which may be shorter, and "
        f"its columns are read from left to right, "
        "each from top to bottom",
        "rails": f"the characters are written on {rails} lines, from the first line down to the last, then up "
        f"to the first, and so on in a zigzag, "
        "and then the lines are read from top to bottom",
        "blocks": f"the text is cut into blocks of {width} characters, the last of which may be shorter, and "
        f"each block is reversed",
        "halves": f"first come the {parity} characters of the text, then the {rest}",
        "words": (
            f"in every word of more than {rails} characters the first {rails} move to its end, and shorter words stay"
            if odd
            else "every word is written backwards"
        ),
    }[form]
    act = "[restore|find out|return] the original text of" if back else "[encipher|scramble|rearrange]"
    rules = [f"[The rule of the cipher|How it is enciphered]: {way_told}."]
    rules.append(
        "[No character is changed, only moved.|All characters count, spaces as well.]"
        if form != "words"
        else "[Words are separated by single spaces, which stay where they are.|A word is whatever stands "
        "between two spaces.]"
    )
    rules.append("[An empty text stays empty.|For an empty text the result is empty.]")

    def sample(random: Random) -> tuple[str]:
        words = random.choices(scene.labels, k=random.randint(1, 3))
        made = " ".join(words)[: random.choice((40, width, rails + 1, 2 * width, random.randint(0, 12)))]
        return (made.upper() if random.random() < 0.2 else made,)

    a, b, c, *_ = draw.random.sample(scene.labels, 4)
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                text,
                "str",
                "an enciphered text" if back else draw.say("[a text|a message to be hidden|a short message]"),
            ),
        ),
        returns="str",
        task=draw.say(f"{act} `{text}` [by the rule below|according to the rule that is given]"),
        rules=tuple(map(draw.say, rules)),
        solution=code,
        second=second,
        sample=sample,
        edges=(("",), ("abcdefghijklmn",), (f"{a} {b}",), (c[: width - 1],), ("abc" if odd else "ab cde",)),
    )
