"""Palindromes inside a text: the longest, how many, or the fewest pieces that are all palindromes."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "strings"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    text = draw.identifier(f"[text|word|letters|line|{scene.label} name]")
    form = draw.pick(("longest", "longest", "count", "distinct", "pieces", "prefix"))
    parity = draw.pick(("", "", "odd", "even")) if form in ("longest", "count", "distinct") else ""
    fold = draw.chance(0.3)
    least = draw.number(2, 4)
    last = draw.chance(0.5)
    name = draw.identifier(
        {
            "longest": "[longest|greatest|widest] [palindrome|mirror text|mirrored part]",
            "count": "[count|number of|tally] [palindromes|mirrored parts]",
            "distinct": "[different|distinct|all] [palindromes|mirrored parts]",
            "pieces": "[fewest|least number of|minimal] [palindromes|mirrored pieces|palindrome pieces]",
            "prefix": "[letters to add|missing tail|completion|make palindrome]",
        }[form]
    )
    left, right, best, out = draw.locals("left", "right", "best", "result", avoid=(text, name, "part"))
    given = f"{text}.lower()" if fold else text
    even = {"": "", "odd": " and len(part) % 2 == 1", "even": " and len(part) % 2 == 0"}[parity]
    mirrored = "part.lower() == part.lower()[::-1]" if fold else "part == part[::-1]"
    better = ">=" if last else ">"
    scan = f"""
        for {left} in range(len({text})):
            for {right} in range({left} + 1, len({text}) + 1):
                part = {text}[{left}:{right}]"""
    bodies = {
        "longest": f"""
        {best} = ""{scan}
                if {mirrored}{even} and len(part) {better} len({best}):
                    {best} = part
        return {best}
        """,
        "count": f"""
        {out} = 0{scan.replace(f"{left} + 1,", f"{left} + {least},")}
                if {mirrored}{even}:
                    {out} += 1
        return {out}
        """,
        "distinct": f"""
        {out} = set(){scan.replace(f"{left} + 1,", f"{left} + {least},").replace(f"{text}[{left}:", f"{given}[{left}:")}
                if part == part[::-1]{even}:
                    {out}.add(part)
        return {"sorted(" + out + ")" if last else f"sorted({out}, key=lambda part: (-len(part), part))"}
        """,
        "pieces": f"""
        {best} = [0]
        for {right} in range(1, len({text}) + 1):
            # the last piece begins at some place before
            {best}.append(
                min(
                    {best}[{left}] + 1
                    for {left} in range({right})
                    if {given}[{left}:{right}] == {given}[{left}:{right}][::-1]
                )
            )
        return {best}[-1]
        """,
        "prefix": f"""
        for {left} in range(len({text})):
            part = {given}[{left}:]
            if part == part[::-1]:
                return {"" if last else f"{text} + "}{text}[:{left}][::-1]
        return ""
        """,
    }
    middle = f"""
        low = {given}
        found = []
        for centre in range(2 * len(low) - 1):
            a, b = centre // 2, (centre + 1) // 2
            while a >= 0 and b < len(low) and low[a] == low[b]:
                found.append((a, b + 1))
                a, b = a - 1, b + 1
        {f"found = [(a, b) for a, b in found if (b - a) % 2 {'==' if parity == 'odd' else '!='} 1]" if parity else ""}
    """
    seconds = {
        "longest": middle
        + f"""
        if not found:
            return ""
        a, b = max(found, key=lambda pair: (pair[1] - pair[0], {"" if last else "-"}pair[0]))
        return {text}[a:b]
        """,
        "count": middle
        + f"""
        return len([1 for a, b in found if b - a >= {least}])
        """,
        "distinct": middle
        + f"""
        parts = {{low[a:b] for a, b in found if b - a >= {least}}}
        return {"sorted(parts)" if last else "sorted(sorted(parts), key=len, reverse=True)"}
        """,
        "pieces": f"""
        low, reached, rounds = {given}, {{0}}, 0
        while len(low) not in reached:
            rounds += 1
            reached |= {{
                b
                for a in reached
                for b in range(a + 1, len(low) + 1)
                if all(low[a + k] == low[b - 1 - k] for k in range(b - a))
            }}
        return rounds
        """,
        "prefix": f"""
        turned = {text}[::-1]
        whole = {given}
        for size in range(len(whole), 0, -1):
            if whole.endswith(whole[::-1][:size]):
                return {"" if last else f"{text} + "}turned[size:]
        return turned
        """,
    }
    of = {"": "", "odd": " of odd length", "even": " of even length"}[parity]
    task = {
        "longest": f"[find|return] the longest part of `{text}` that is a palindrome{of}",
        "count": f"[count|return the number of] the parts of `{text}` with at least {least} characters that are "
        f"palindromes{of}",
        "distinct": f"[list|return] the different palindromes{of} of at least {least} characters that `{text}` "
        f"contains",
        "pieces": f"[find|return] the least number of pieces into which `{text}` can be cut so that every piece "
        f"is a palindrome",
        "prefix": f"[return|find] the [fewest characters|shortest text] that must be appended to `{text}` to "
        f"make it a palindrome"
        if last
        else f"[return|find] the shortest palindrome that begins with `{text}`",
    }[form]
    rules = ["A part is a stretch of neighbouring characters.", "A palindrome reads the same in both directions."]
    if form == "longest":
        rules.append(
            f"[Among equally long ones the {'last' if last else 'first'} counts.|If several are equally long, take "
            f"the one that begins "
            f"{'last' if last else 'first'}.]"
        )
        rules.append("[If there is none, return an empty text.|Without one the result is an empty text.]")
    if form == "count":
        rules.append(
            "[Parts at different places are counted each, even if they are equal.|Equal parts at different "
            "places count separately.]"
        )
    if form == "distinct":
        rules.append(
            "The result is in alphabetical order, as `sorted` gives it."
            if last
            else "The longest stand first, and equally long ones in alphabetical order."
        )
    if form == "pieces":
        rules.append("[An empty text needs no pieces.|For an empty text the answer is 0.]")
    if fold:
        kept = {
            "longest": ", but the part is returned as it is written",
            "distinct": ", and the result is in lower case",
            "prefix": ", and what is added mirrors the letters as they are written",
        }.get(form, "")
        rules.append(f"[Capital and small letters count as equal|Case makes no difference]{kept}.")
    if form in ("pieces", "prefix"):
        rules = rules[1:]
    alphabet = "".join(dict.fromkeys(draw.pick(scene.labels)))[: draw.number(2, 3)]

    def sample(random: Random) -> tuple[str]:
        half = "".join(random.choice(alphabet) for _ in range(random.randint(0, 4)))
        made = (
            random.choice(("", alphabet[0]))
            + half
            + half[::-1][random.randint(0, 1) :]
            + random.choice(("", *alphabet))
        )
        return ("".join(random.choice((c, c.upper())) for c in made) if fold else made,)

    a, b = alphabet[0], alphabet[1]
    cased = (f"all(one in 'abAB' for one in {text})",) if fold else ()
    known = {
        "longest": f"result in {text}",
        "count": f"0 <= result <= len({text}) * len({text})",
        "distinct": f"len(result) <= len({text}) * len({text}) and all(len(one) >= {least} for one in result)",
        "pieces": f"0 <= result <= len({text}) and (result > 0 or not {text})",
        "prefix": f"len(result) < max(1, 2 * len({text}))",
    }[form]
    return Sketch(
        name=name,
        parameters=(Parameter(text, "str", draw.say(f"[a word|a text|some letters|the letters of a {scene.label}]")),),
        returns={"longest": "str", "count": "int", "distinct": "list[str]", "pieces": "int", "prefix": "str"}[form],
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=Code(bodies[form], style="loop"),
        second=Code(seconds[form].replace("\n    \n", "\n")),
        contract=Contract(
            (
                f"len({text}) <= 3",
                *cased,
            ),
            (known,),
        ),
        sample=sample,
        edges=(("",), (a + b + a + b,), (a + a + b,), (b + a + a + b + b,), (a * 5 + b,)),
    )
