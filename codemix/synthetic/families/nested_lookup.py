"""A value deep inside nested dictionaries, found by a path; with rules for paths that lead nowhere."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dictionaries"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    tree = draw.identifier(f"[tree|settings|{scene.things}|data|record|catalogue]")
    path = draw.identifier("[path|route|keys|address|where]")
    mark = draw.pick((".", "/", ":", ">", ""))
    missing = draw.pick(("none", "default", "raise", "depth", "nearest"))
    fold = draw.chance(0.3)
    least, greatest = scene.typical
    default = draw.pick((0, -1, least))
    leaves = draw.chance(0.4) and missing in ("none", "default")  # only numbers count
    name = draw.identifier(
        "[how far|reached depth|steps found|valid steps]"
        if missing == "depth"
        else "[look up|fetch|get|find] [nested|deep|by path|value]"
    )
    item, key, count = draw.locals("item", "key", "count", avoid=(tree, path, name))
    steps = f'{path}.split("{mark}")' if mark else path
    named = f"{key}.lower()" if fold else key
    absent = {
        "none": "return None",
        "default": f"return {default}",
        "raise": f"raise KeyError({key})",
        "depth": f"return {count}",
        "nearest": f"return {item}",
    }[missing]
    end = {"depth": f"return {count}"}.get(missing, f"return {item}")
    if leaves:
        end = f"return {default if missing == 'default' else 'None'} if isinstance({item}, dict) else {item}"
    counting = missing == "depth"
    loop = f"""
        {item} = {tree}
        {f"{count} = 0" if counting else "# one level down with every step"}
        for {key} in {steps}:
            if not isinstance({item}, dict) or {named} not in {item}:
                {absent}
            {item} = {item}[{named}]
            {f"{count} += 1" if counting else ""}
        {end}
    """
    nowhere = {"none": "None", "default": str(default), "depth": "0", "nearest": tree}.get(missing, "")
    failing = "raise KeyError(first)" if missing == "raise" else f"return {nowhere}"
    done = {"depth": "return 0"}.get(missing, "return here")
    if leaves:
        done = f"return {default if missing == 'default' else 'None'} if isinstance(here, dict) else here"
    first = "first.lower()" if fold else "first"
    walk = f"""
        def walk(here, keys: list[str]):
            if not keys:
                {done}
            first, *rest = keys
            try:
                below = here[{first}]
            except (KeyError, TypeError):
                {failing.replace(f"return {tree}", "return here")}
            return {"1 + " if counting else ""}walk(below, rest)

        return walk({tree}, {steps})
    """
    where = f"whose keys `{path}` names, separated by `{mark}`" if mark else f"whose keys `{path}` lists"
    task = {
        "depth": f"[count|return] how many keys of "
        f"`{path}`{f', which are separated by `{mark}`,' if mark else ''} can be followed "
        f"one after the other in `{tree}`",
        "nearest": f"follow the keys of `{path}`{f', which are separated by `{mark}`,' if mark else ''} from "
        f"the outside in through `{tree}` "
        "as far as they lead, and return what is found there",
    }.get(missing, f"[find|return|fetch] the value inside `{tree}` {where}, from the outside in")
    rules = {
        "none": ["[If there is no such value, return `None`.|Where a key is missing, the result is `None`.]"],
        "default": [f"[If there is no such value, return {default}.|Where a key is missing, the result is {default}.]"],
        "raise": ["[A key that is missing raises `KeyError`.|If a key cannot be found, raise `KeyError`.]"],
        "depth": ["[Stop at the first key that is missing.|Counting ends with the first key that cannot be found.]"],
        "nearest": [
            "[If the first key is missing, that is the whole dictionary.|Where not even the first key "
            "is there, return all of it.]"
        ],
    }[missing]
    rules.append("A number [has no keys|contains no further keys].")
    if leaves:
        rules.append(
            "A dictionary is not a value: for a path that ends at one, [the answer is the same as "
            "for|answer as for] a missing key."
        )
    if fold:
        rules.append(
            "[Keys of the path are put in lower case before they are looked up.|The path may have "
            "capitals; all keys in the dictionary are in lower case.]"
        )
    if not mark:
        rules.append(
            f"[An empty path leads to the whole of `{tree}`|With no keys at all you are at `{tree}` itself]."
            if not counting
            else "An empty path has none."
        )
    labels = draw.random.sample(scene.labels, 4)

    def grown(random: Random, depth: int) -> Any:
        if depth == 0 or random.random() < 0.2:
            return random.randint(least, greatest)
        return {label: grown(random, depth - 1) for label in random.sample(labels, random.randint(1, 2))}

    def sample(random: Random) -> tuple[dict[str, Any], Any]:
        made = {label: grown(random, 2) for label in random.sample(labels, random.randint(1, 3))}
        keys: list[str] = []
        here: Any = made
        while isinstance(here, dict) and random.random() < 0.85:
            key = random.choice(list(here)) if random.random() < 0.85 else random.choice(labels)
            keys.append(random.choice((key, key.upper())) if fold else key)
            here = here.get(key)
        if random.random() < 0.2 or (mark and not keys):
            keys.append(random.choice(labels))
        return made, mark.join(keys) if mark else keys

    a, b, c, d = labels
    nested = {a: {b: {c: greatest}, d: least}, b: greatest - 1}
    paths = ([a, b, c], [a, c, b], [b], [b, a], [a, b], [d, a], [a, d, c], [a.upper(), d])
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                tree,
                "dict",
                draw.say(
                    f"[nested dictionaries with numbers inside|the {scene.measures} of "
                    f"{scene.things}, in nested dictionaries]"
                ),
            ),
            Parameter(
                path,
                "str" if mark else "list[str]",
                draw.say("[the keys that lead to a value|the way to a value|the keys to follow]"),
            ),
        ),
        returns={
            "depth": "int",
            "nearest": "dict | int",
            "raise": "dict | int",
            "none": "dict | int | None",
            "default": "dict | int",
        }[missing]
        if not leaves
        else ("int | None" if missing == "none" else "int"),
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=Code(loop.rstrip()) if draw.chance(0.6) else Code(walk, style="recursion"),
        second=Code(walk),
        raises={"KeyError": "a key is missing"} if missing == "raise" else {},
        sample=sample,
        edges=tuple((nested, mark.join(keys) if mark else keys) for keys in paths),
    )
