"""How often words occur: thresholds, normalisation, order of the result."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dictionaries"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    values = draw.identifier(f"[{scene.label_plural}|names|words|labels|{scene.label} list]")
    least = draw.pick((1, 2, 3))
    compare, opposite, told = draw.pick(
        (
            (f">= {least}", f"< {least}", f"at least {('once', 'twice', 'three times')[least - 1]}"),
            (f"== {least}", f"!= {least}", f"exactly {('once', 'twice', 'three times')[least - 1]}"),
            (f"<= {least}", f"> {least}", f"at most {('once', 'twice', 'three times')[least - 1]}"),
        )
    )
    change, rule, other = draw.pick(
        (
            ("{}", "", "{}"),
            (
                "{}.lower()",
                "[Upper and lower case count as the same|Case does not matter]: words are returned in lower case.",
                "{}.upper().lower()",
            ),
            ("{}[0]", "[Only the first letter of every word counts|What counts is the first letter].", "{}[:1]"),
            ("{}[-1]", "[Only the last letter of every word counts|What counts is the last letter].", "{}[::-1][:1]"),
            (
                "{}.strip('-')",
                "Hyphens at the beginning and the end of a word do not count.",
                "{}.lstrip('-').rstrip('-')",
            ),
        )
    )
    form = draw.pick(("dictionary", "names", "common"))
    counts, item, key = draw.locals("counts", "item", "key", avoid=(values,))
    result = {
        "dictionary": f"{{{key}: {counts}[{key}] for {key} in {counts} if {counts}[{key}] {compare}}}",
        "names": f"sorted({key} for {key} in {counts} if {counts}[{key}] {compare})",
        "common": f"sorted(({key} for {key} in {counts} if {counts}[{key}] {compare}), key=lambda {key}: "
        f"(-{counts}[{key}], {key}))",
    }[form]
    changed = change != "{}"
    taken = f"\n                {key} = {change.format(item)}" if changed else ""
    bodies = {
        "loop": (
            f"""
            {counts}: dict[str, int] = {{}}
            for {item if changed else key} in {values}:{taken}
                {counts}[{key}] = {counts}.get({key}, 0) + 1
            return {result}
        """,
            "",
        ),
        "library": (
            f"""
            {counts} = Counter({f"{change.format(item)} for {item} in {values}" if changed else values})
            return {result}
        """,
            "from collections import Counter",
        ),
    }
    style = draw.pick(list(bodies))
    ending = {
        "dictionary": "return {one: n for one, n in found if not n " + opposite + "}",
        "names": "return [one for one, n in found if not n " + opposite + "]",
        "common": "return [one for one, n in sorted(found, key=lambda pair: -pair[1]) if not n " + opposite + "]",
    }[form]
    second = f"""
        ordered = sorted({other.format("one")} for one in {values})
        found = [(one, len(list(same))) for one, same in groupby(ordered)]
        {ending}
    """
    what = "letters" if change in ("{}[0]", "{}[-1]") else f"{scene.label} names"
    told_form = {
        "dictionary": f"[return a dictionary of the {what} that occur {told} with how often they do|map the "
        f"{what} that occur {told} to how often they occur]",
        "names": f"[list|return] the {what} that occur {told}, [sorted|in alphabetical order]",
        "common": f"[list|return] the {what} that occur {told}, [the most frequent first|from the most to the "
        f"least frequent], [ties in alphabetical order|equally frequent ones alphabetically]",
    }[form]
    name = draw.identifier(
        f"[{'frequent' if '>' in compare else 'rare' if '<' in compare else 'exact'}|count|find] "
        f"[{what}|{scene.label_plural}|names]"
    )

    def sample(random: Random) -> tuple[list[str]]:
        few = random.sample(scene.labels, 3)
        altered = [each for one in few for each in (one, one, one.upper(), f"-{one}-", one.capitalize())]
        plain = change in ("{}", "{}[0]", "{}[-1]")
        return ([random.choice(few if plain else altered) for _ in range(random.randint(0, 8))],)

    a, b, c = scene.labels[:3]
    return Sketch(
        name=name,
        parameters=(Parameter(values, "list[str]", f"{scene.label} names"),),
        returns="dict[str, int]" if form == "dictionary" else "list[str]",
        task=draw.say(told_form),
        rules=tuple(filter(None, (draw.say(rule), draw.say("[No word is empty.|There are no empty words.]")))),
        solution=Code(bodies[style][0], bodies[style][1], style),
        second=Code(second, "from itertools import groupby"),
        sample=sample,
        edges=(([],), ([b, a, b, c, c, c, a.upper()],)),
    )
