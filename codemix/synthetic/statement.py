"""The statement in English: an opening, the task in one of many forms, the rules, an example."""

import textwrap
from collections.abc import Sequence

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import capital, listed
from codemix.synthetic.problem import Sketch

_WIDTH = 92
_FUNCTION_FORMS = (
    "[Write|Implement|Define|Create|Provide] a [function|Python function] `{call}` to {task}.",
    "[Write|Implement|Complete|Define] `{call}`. It [should|must|has to] {task}.",
    "[Your task|The task|The goal|What is wanted|The job] is to {task}. [Write|Implement|Put this into] `{call}`.",
    "[How would you|Can you|Could you] {task}? [Write|Implement|Give] `{call}`.",
    "{Task}. [The function is|Call the function|Name it] `{name}`.",
    "[Given|Taking|Starting from] {arguments}, {task}. The [entry point|function|signature] is `{call}`.",
    "[A function|A small function|A helper] `{call}` is [needed|wanted|missing]: it [should|must|is to] {task}.",
    "`{call}` [receives|is given|takes] {arguments}. [Make it|Let it|Have it] {task}.",
)
_CLASS_FORMS = (
    "[Write|Implement|Define|Create] a class `{name}` to {task}.",
    "[Design|Build|Write] `{name}`, a class [meant|made|used] to {task}.",
    "{Task}: [write|implement|define] this as a class `{name}`.",
    "A class `{name}` is [needed|wanted] to {task}.",
)
_STORIES = (
    "{Person} {place} [keeps|has|works with|records] {arguments}.",
    "{Place}, {person} [has to deal|deals|works] with {arguments}.",
    "[Every evening|Each day|Once a week|Now and then|At closing time], {person} {place} [goes through|looks at] "
    "{arguments}.",
    "[Imagine|Think of|Consider] {person} {place} with {arguments}.",
    "A program used {place} [handles|processes|is fed] {arguments}.",
)
_HEADINGS = ("Notes", "Rules", "Details", "Constraints", "Remarks", "Keep in mind", "Requirements")


def statement(sketch: Sketch, draw: Draw, example: str) -> str:
    """The statement, wrapped.

    Args:
        sketch: what is asked.
        draw: chooses the words.
        example: a sentence with an example, "" for none.
    """
    forms = _CLASS_FORMS if sketch.kind == "class" else _FUNCTION_FORMS
    form = draw.pick(forms)
    told = draw.say(form).format_map(_words(sketch, draw))
    opening = ""
    if sketch.story and draw.chance(0.8):
        opening = sketch.story
    elif _of_the_scene(sketch, draw) and "{arguments}" not in form and draw.chance(0.6):
        opening = draw.say(draw.pick(_STORIES)).format_map(_words(sketch, draw))
    rules = list(sketch.rules)
    draw.random.shuffle(rules)
    described = _described(sketch, draw) if "{arguments}" not in form and not opening else ""
    return _laid_out(draw, [opening, told, described], rules, example)


def _of_the_scene(sketch: Sketch, draw: Draw) -> bool:
    """Whether the arguments are said to be things of the scene, so that its people can have them."""
    scene = draw.scene
    told = " ".join(each.about for each in sketch.parameters)
    return any(noun in told for noun in (scene.thing, scene.measure, scene.label))


def _words(sketch: Sketch, draw: Draw) -> dict[str, str]:
    names = ", ".join(each.name for each in sketch.parameters)
    scene = draw.scene
    return {
        "name": sketch.name,
        "call": f"{sketch.name}({names})",
        "task": sketch.task,
        "Task": capital(sketch.task),
        "arguments": listed([each.about for each in sketch.parameters]) or "nothing",
        "person": scene.person,
        "Person": capital(scene.person),
        "place": scene.place,
        "Place": capital(scene.place),
    }


def _described(sketch: Sketch, draw: Draw) -> str:
    """What the arguments are."""
    verb = draw.say("[is|stands for|holds|contains]")
    parts = [f"`{each.name}` {verb} {each.about}" for each in sketch.parameters]
    return f"Here {listed(parts)}." if parts else ""


def _laid_out(draw: Draw, sentences: Sequence[str], rules: Sequence[str], example: str) -> str:
    opening = " ".join(filter(None, sentences))
    if not rules:
        return _paragraphs([opening, example])
    form = draw.pick(("sentences", "paragraph", *(("bullets", "heading", "numbers") if len(rules) > 1 else ())))
    if form == "sentences":
        return _paragraphs([" ".join([opening, *rules]), example])
    if form == "paragraph":
        return _paragraphs([opening, " ".join(rules), example])
    marks = [f"{number}." for number in range(1, len(rules) + 1)] if form == "numbers" else ["-"] * len(rules)
    lines = "\n".join(
        textwrap.fill(f"{mark} {rule}", _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for mark, rule in zip(marks, rules, strict=True)
    )
    title = "" if form == "bullets" else f"{draw.pick(_HEADINGS)}:\n"
    return _paragraphs([opening, title + lines, example])


def _paragraphs(parts: Sequence[str]) -> str:
    filled = (
        part if "\n" in part else textwrap.fill(part, _WIDTH, break_long_words=False, break_on_hyphens=False)
        for part in parts
        if part
    )
    return "\n\n".join(filled)
