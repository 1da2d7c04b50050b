"""Words that are made of the same letters, brought together."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "strings"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    words = draw.identifier(f"[words|names|{scene.label} names|tags|terms]")
    loose = draw.chance(0.4)  # which letters, whatever their number
    fold = draw.chance(0.35)
    least = draw.pick((1, 2, 2, 3))
    form = draw.pick(("groups", "sizes", "largest", "count", "partners"))
    order = draw.pick(("seen", "alphabet"))
    name = draw.identifier("[group|collect|gather|sort out] [anagrams|shuffled words|letter twins]")
    if form == "count":
        name = draw.identifier("[count|number of] [anagram groups|letter groups|anagram sets]")
    groups, key, word = draw.locals("groups", "key", "word", avoid=(words, name))
    lowered = f"{word}.lower()" if fold else word
    signature = f"sorted({f'set({lowered})' if loose else lowered})"
    signature, key_type = (
        (f'"".join({signature})', "str") if form == "sizes" else (f"tuple({signature})", "tuple[str, ...]")
    )
    member = "sorted({})" if order == "alphabet" else "{}"
    returns, result = {
        "groups": (
            "list[list[str]]",
            f"[{member.format('each')} for each in {groups}.values() if len(each) >= {least}]",
        ),
        "sizes": (
            "dict[str, int]",
            f"{{{key}: len(each) for {key}, each in {groups}.items() if len(each) >= {least}}}",
        ),
        "largest": ("list[str]", member.format(f"max({groups}.values(), key=len, default=[])")),
        "count": ("int", f"sum(len(each) >= {least} for each in {groups}.values())"),
        "partners": ("list[str]", member.format(f"[each[0] for each in {groups}.values() if len(each) >= {least}]")),
    }[form]
    loop = f"""
        {groups}: dict[{key_type}, list[str]] = {{}}
        for {word} in {words}:
            {key} = {signature}
            {groups}.setdefault({key}, []).append({word})
        return {result}
    """
    library = f"""
        {groups} = defaultdict(list)
        for {word} in {words}:
            # the key is the same for all words of a group
            {groups}[{signature}].append({word})
        return {result}
    """
    style = draw.pick(("loop", "library"))
    code = Code(loop) if style == "loop" else Code(library, "from collections import defaultdict", style)
    bare = "one.lower()" if fold else "one"
    same = f"set({bare})" if loose else f"Counter({bare})"
    last = {
        "groups": f"return [{member.format('group')} for group in made if not len(group) < {least}]",
        "sizes": f"""return {{"".join(sorted({"set(letters(group[0]))" if loose else "letters(group[0])"})): len(group)
                for group in made if not len(group) < {least}}}""",
        "largest": f"""best = []
        for group in made:
            if len(group) > len(best):
                best = group
        return {member.format("best")}""",
        "count": f"return len(made) - sum(len(group) < {least} for group in made)",
        "partners": f"return {member.format(f'[group[0] for group in made if not len(group) < {least}]')}",
    }[form]
    second = f"""
        made = []
        for one in {words}:
            for group in made:
                if alike(one, group[0]):
                    group.append(one)
                    break
            else:
                made.append([one])
        {last}
    """
    letters = (
        "def letters(one: str) -> str:\n    return one.lower()"
        if fold
        else "def letters(one: str) -> str:\n    return one"
    )
    alike = f"def alike(one: str, other: str) -> bool:\n    return {same} == {same.replace('one', 'other')}"
    helpers = [
        *([] if loose else ["from collections import Counter\n"]),
        *([letters] if form == "sizes" else []),
        alike,
    ]
    together = draw.say(
        "[consist of|use] the same letters, however often each of them occurs in them"
        if loose
        else "[are anagrams of each other|consist of the same letters, each as often]"
    )
    many = "" if least == 1 else f" with at least {least} words"
    task = {
        "groups": f"[divide|split|sort] `{words}` into groups of words that {together}, and [return|give] the "
        f"groups{many}",
        "sizes": f"[map|assign] the letters of each group{many} to the number of its words, where words of `{words}` "
        f"belong to one group if they {together}",
        "largest": f"[find|return] the largest group of words in `{words}` that {together}",
        "count": f"[count|return the number of] the groups{many} in `{words}`, where words belong to one group "
        f"if they {together}",
        "partners": f"[list|return] the first word of each group{many} in `{words}`, where words belong "
        f"to one group if they {together}",
    }[form]
    rules = []
    if fold:
        rules.append(
            "[Capital and small letters|Upper and lower case] count as the same, but words are "
            "returned as they are given."
            if form not in ("count", "sizes")
            else "[Capital and small letters|Upper and lower case] count as the same."
        )
    if form == "sizes":
        once = "each once, " if loose else ""
        rules.append(
            f"A key holds the letters of the group, {once}in alphabetical order{', in lower case' if fold else ''}."
        )
    if form == "groups":
        rules.append("Groups [stand|come] in the order of their first words.")
        rules.append(
            "Inside a group words [are sorted|stand in the order that `sorted` gives]."
            if order == "alphabet"
            else "Inside a group words keep the order in which they are given."
        )
    if form == "largest":
        rules.append(
            "Among equally large groups, the one whose first word comes earliest counts; without "
            "words the result is empty."
        )
        rules.append(
            "The result is sorted." if order == "alphabet" else "Its words keep the order in which they are given."
        )
    if form == "partners":
        rules.append("The result is sorted." if order == "alphabet" else "The result keeps the order of the words.")
    rules.append("A word that is given twice counts twice.")
    base = [word[:4] for word in draw.random.sample(scene.labels, 3)]

    def sample(random: Random) -> tuple[list[str]]:
        made = []
        for _ in range(random.randint(0, 6)):
            letters = list(random.choice(base[: random.randint(1, 3)]))
            random.shuffle(letters)
            if random.random() < 0.3:
                letters.append(random.choice(letters))
            one = "".join(letters)
            made.append(one.capitalize() if fold and random.random() < 0.5 else one)
        return (made,)

    one, two = base[0], base[1]
    return Sketch(
        name=name,
        parameters=(Parameter(words, "list[str]", f"words, such as names of {scene.things}"),),
        returns=returns,
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=code,
        second=Code(second, "\n\n".join(helpers)),
        sample=sample,
        edges=(
            ([],),
            ([one, two, one[::-1], two, two + two[0]],),
            ([one, one.capitalize()] * 2,),
            ([two, one, one[::-1]],),
        ),
    )
