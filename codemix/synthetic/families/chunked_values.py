"""A list cut into pieces: of a fixed size, or before values that begin a new piece; then a figure of each."""

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import integers, predicate
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "lists"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    values = draw.identifier(f"[values|{scene.measures}|series|numbers|stream]")
    size = draw.number(2, 5)
    limit = draw.number(greatest, 2 * greatest)
    test = predicate(draw, least, greatest)
    cut = draw.pick(("size", "size", "before", "after", "limit"))
    last = draw.pick(("keep", "drop", "fill")) if cut == "size" else "keep"
    filler = draw.pick((1, -1, least or 2))
    # what is filled in must show in the figure
    neutral = () if last == "fill" else (("max({})", "sorted({})[-1]", "the largest value of"),)
    figure, other, told = draw.pick(
        (
            *neutral,
            ("{}", "list({})", ""),
            ("{}[::-1]", "list(reversed({}))", "turned round"),
            ("sum({})", "sum(one for one in {})", "the sum of"),
            ("({0}[0], {0}[-1])", "({0}[0], {0}[len({0}) - 1])", "the first and the last value of"),
            ("sum({0}) // len({0})", "(sum({0}) - sum({0}) % len({0})) // len({0})", "the mean, rounded down, of"),
        )
    )
    name = draw.identifier(f"[split|chunk|cut|divide|portion] [{scene.measures}|values|into pieces|series]")
    out, item, index = draw.locals("result", "item", "index", avoid=(values, name, "piece"))
    starts = {
        "before": f"piece and {test.code(item)}" if " or " not in test.code(item) else f"piece and ({test.code(item)})",
        "limit": f"piece and sum(piece) + {item} > {limit}",
        "size": f"len(piece) == {size}",
    }
    ending = {
        "keep": f"if piece:\n            {out}.append({figure.format('piece')})",
        "drop": f"if len(piece) == {size}:\n            {out}.append({figure.format('piece')})",
        "fill": f"if piece:\n            piece += [{filler}] * ({size} - len(piece))\n            "
        f"{out}.append({figure.format('piece')})",
    }[last]
    if cut == "after":
        turn = f"""
            piece.append({item})
            if {test.code(item)}:
                {out}.append({figure.format("piece")})
                piece = []"""
    else:
        turn = f"""
            if {starts[cut]}:
                {out}.append({figure.format("piece")})
                piece = []
            piece.append({item})"""
    loop = f"""
        {out} = []
        piece: list[int] = []
        for {item} in {values}:{turn}
        # what is left at the end
        {ending}
        return {out}
    """
    style, body = "loop", loop
    if cut == "size" and draw.chance(0.5):
        style = "slices"
        stop = f"len({values}) - {size - 1}" if last == "drop" else f"len({values})"
        given = f"{values} + [{filler}] * (-len({values}) % {size})"
        lead = f"\n        padded = {given}" if last == "fill" else ""
        source = "padded" if last == "fill" else values
        body = f"""{lead}
        {out} = []
        for {index} in range(0, {stop}, {size}):
            piece = {source}[{index} : {index} + {size}]
            {out}.append({figure.format("piece")})
        return {out}
        """
    if cut == "size":
        second = f"""
            pieces = []
            rest = list({values})
            while rest:
                pieces.append(rest[:{size}])
                rest = rest[{size}:]
            {{end}}
            return [{other.format("each")} for each in pieces]
        """.format(
            end={
                "keep": "",
                "drop": f"pieces = [each for each in pieces if len(each) > {size - 1}]",
                "fill": f"pieces = [each + [{filler}] * ({size} - len(each)) for each in pieces]",
            }[last]
        )
    elif cut == "limit":
        second = f"""
            def pieces(rest: list[int]) -> list[list[int]]:
                size = 1
                while size < len(rest) and not sum(rest[: size + 1]) > {limit}:
                    size += 1
                return [rest[:size], *pieces(rest[size:])] if rest else []

            return [{other.format("each")} for each in pieces({values})]
        """
    else:
        shift = "" if cut == "before" else " + 1"
        second = f"""
            cuts = [place{shift} for place, one in enumerate({values}) if {test.other("one")}]
            borders = sorted({{0, len({values}), *cuts}})
            return [{other.format(f"{values}[a:b]")} for a, b in zip(borders, borders[1:])]
        """
    how = (
        {
            "size": f"into pieces of {size} successive values",
            "before": f"before each value that is {test.phrase}",
            "after": f"after each value that is {test.phrase}",
            "limit": f"into pieces, each as long as possible without its sum exceeding {limit}",
        }[cut]
        .replace("is multiples of", "is a multiple of")
        .replace("is odd numbers", "is odd and")
        .replace("is even numbers", "is even and")
    )
    what = {"": "[return|give] the pieces", "turned round": "[return|give] the pieces, each of them reversed"}.get(
        told, f"[return|give|list] {told} each piece"
    )
    rest = {
        "keep": "",
        "drop": ", leaving out a shorter piece at the end",
        "fill": f", filling a shorter piece at the end with [the value |]{filler} [first|beforehand]",
    }[last]
    if cut == "size" and last == "keep":
        rest = ", where the last piece may be shorter"
    if cut == "limit":
        rest = ", where a value too large for that is a piece alone"
    phrase = draw.say(f"[cut|split|divide] {{of}} {how}{rest}, and {what}")
    rules = [
        "[An empty list has no pieces.|For an empty list the result is empty.]",
        "[The given list stays as it is.|Do not change what is given.]",
    ]
    if cut == "limit":
        rules.append(
            "[The pieces are formed from the beginning.|Begin with the first value and fill one piece after the other.]"
        )
    if cut in ("before", "after"):
        rules.append("[No piece is empty.|There are no empty pieces.]")
    middle = (least + greatest) // 2
    favoured = (limit, limit // 2, limit - limit // 2) if cut == "limit" else test.borders
    item_type = {
        "the first and the last value of": "tuple[int, int]",
        "": "list[int]",
        "turned round": "list[int]",
    }.get(told, "int")
    # sums of negative values could go up and down; the rule is for what is usual here
    low = 0 if cut == "limit" else least
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                values,
                "list[int]",
                draw.say(f"[the |]{scene.measures} of [successive |recorded |]{scene.things}, in {scene.unit}"),
            ),
        ),
        returns=f"list[{item_type}]",
        task=phrase.format(of=f"`{values}`"),
        step="" if cut == "limit" else phrase.format(of="{it}"),
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, style=style),
        second=Code(second),
        contract=Contract((f"len({values}) <= {min(size + 1, 4)}",), (f"len(result) <= len({values})",)),
        sample=lambda random: (integers(random, low, greatest, favoured, most=11),),
        edges=(
            ([],),
            ([middle + place for place in range(size)],),
            ([greatest] * (2 * size + 1),),
            ([max(0, middle), greatest, *favoured[:2], max(low, least), greatest, *favoured[1:2]],),
        ),
    )
