"""The first element that was met before, or that is never met again: what counts as equal, what is returned."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "sets"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    values = draw.identifier(f"[{scene.label_plural}|{scene.label} names|visits|log|sequence]")
    key, told, other = draw.pick(
        (
            ("{}", "", "{}"),
            ("{}.lower()", "[Upper and lower case count as the same|Case does not matter].", "{}.upper()"),
            (
                "{}[0]",
                "[Two names are the same if they begin with the same letter|Names with the same first letter "
                "count as equal].",
                "{}[:1]",
            ),
            (
                "len({})",
                "[Two names are the same if they are equally long|Names of the same length count as equal].",
                "sum(1 for _ in {})",
            ),
        )
    )
    goal = draw.pick(("repeat", "unique", "last unique", "all repeats"))
    form = draw.pick(("value", "place"))
    missing = "None" if form == "value" else "-1"
    seen, index, item = draw.locals("seen", "index", "item", avoid=(values,))
    found = item if form == "value" else index
    one = key.format(item)
    name = draw.identifier(
        {
            "repeat": "[first repeat|first repeated|earliest repetition]",
            "unique": "[first unique|first single|earliest unique]",
            "last unique": "[last unique|last single|final unique]",
            "all repeats": "[repeats|repetitions|repeated]",
        }[goal]
        + draw.say(f"[| {scene.label}| of {scene.label_plural}]")
    )
    loop_head = f"for {index}, {item} in enumerate({values}):" if form == "place" else f"for {item} in {values}:"
    keys = f"[{key.format('each')} for each in {values}]"
    numbered = f"enumerate({values})" if form == "place" else values
    target = f"{index}, {item}" if form == "place" else item
    if goal in ("repeat", "all repeats"):
        collect = goal == "all repeats"
        body = f"""
            {seen} = set()
            {"out = []" if collect else ""}
            {loop_head}
                if {one} in {seen}:
                    {f"out.append({found})" if collect else f"return {found}"}
                {seen}.add({one})
            return {"out" if collect else missing}
        """
        body = "\n".join(line for line in body.splitlines() if line.strip())
    else:
        source = f"reversed(list({numbered}))" if goal == "last unique" else numbered
        body = f"""
            keys = {keys}
            for {target} in {source}:
                if keys.count({one}) == 1:
                    return {found}
            return {missing}
        """
    condition = {
        "repeat": "keys.index(keys[i]) < i",
        "all repeats": "keys.index(keys[i]) < i",
        "unique": "Counter(keys)[keys[i]] == 1",
        "last unique": "Counter(keys)[keys[i]] == 1",
    }[goal]
    shown = f"{values}[i]" if form == "value" else "i"
    end = {"all repeats": "fit", "last unique": f"fit[-1] if fit else {missing}"}.get(
        goal, f"next(iter(fit), {missing})"
    )
    second = f"""
        keys = [{other.format("each")} for each in {values}]
        fit = [{shown} for i in range(len(keys)) if {condition}]
        return {end}
    """
    what = {
        "repeat": f"[first|earliest] {scene.label} that [has occurred|was there] before",
        "unique": f"first {scene.label} that occurs only once",
        "last unique": f"last {scene.label} that occurs only once",
        "all repeats": f"{scene.label_plural} that have occurred before, [in order|in the order of the list]",
    }[goal]
    plural = goal == "all repeats"
    lead = (
        ("[list|return] the " if form == "value" else "[return the indices of the|list the indices of the] ")
        if plural
        else ("[find|return] the " if form == "value" else "[find|return] the index of the ")
    )
    kind = {"value": "str", "place": "int"}[form]

    def sample(random: Random) -> tuple[list[str]]:
        few = random.sample(scene.labels, 5)
        pool = [*few, *(each.capitalize() for each in few[:3])] if "lower" in key else few
        return ([random.choice(pool) for _ in range(random.randint(0, 7))],)

    a, b, c = scene.labels[:3]
    none = (
        ()
        if plural
        else (
            draw.say(f"[If there is none, return|Without one, the answer is|Where there is none, return] `{missing}`."),
        )
    )
    allowed = values if form == "value" else f"range(len({values}))"
    known = f"all(one in {allowed} for one in result)" if plural else f"result == {missing} or result in {allowed}"
    return Sketch(
        name=name,
        parameters=(Parameter(values, "list[str]", f"{scene.label} names in the order in which they came"),),
        returns=f"list[{kind}]" if plural else f"{kind} | None" if form == "value" else kind,
        task=draw.say(lead + what),
        rules=(*none, *((draw.say(told),) if told else ()), draw.say("[No name is empty.|Names are never empty.]")),
        solution=Code(body, style="loop"),
        second=Code(second, "from collections import Counter" if "Counter" in second else ""),
        contract=Contract(
            (
                f"len({values}) <= 2",
                f"all(1 <= len(one) <= 2 and one.isascii() for one in {values})",
            ),
            (known,),
        ),
        sample=sample,
        edges=(([],), ([a, b, a, c, b],), ([c, a.capitalize(), a, b],)),
    )
