"""The statement in English: an opening, the task in one of many forms, the rules, an example."""

import re
from collections.abc import Sequence

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import capital, listed, wrapped
from codemix.synthetic.problem import Parameter, Sketch

_WIDTH = 92
_LONGEST_QUESTION = 140  # characters of a task
_HELD = ("str",)  # a text may hold letters, or be a message
_CONTAINERS = ("list", "dict", "set", "tuple")
_AFTER_HEAD = r" (?:of|with|that|to|in|for|such|on|from|by|at) |, | \("
_FUNCTION_FORMS = (
    "[Write|Implement|Define|Create|Provide] a [function|Python function] `{call}` to {task}.",
    "[Write|Implement|Complete|Define] `{call}`. It [should|must|has to] {task}.",
    "[Your task|The task|The goal|What is wanted|The job] is to {task}. [Write|Implement|Put this into] `{call}`.",
    "{Task}. [The function is called|Call the function|Name the function] `{name}`.",
    "[Given|Taking|Starting from] {arguments}, {task}. The [function|function to write] is `{call}`.",
    "[A function|A small function|A helper] `{call}` is [needed|wanted|missing]: it [should|must|is to] {task}.",
    "`{call}` [receives|is given|takes] {arguments}. [Make it|Let it|Have it] {task}.",
)
_QUESTIONS = ("[Can you|Could you] {task}? [Write|Implement] `{call}`.",)
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
    form = draw.pick(_CLASS_FORMS if sketch.kind == "class" else _function_forms(sketch))
    told = draw.say(form).format_map(_words(sketch, draw))
    opening = ""
    if sketch.story and draw.chance(0.8):
        opening = sketch.story
    elif _of_the_scene(sketch, draw) and "{arguments}" not in form and draw.chance(0.6):
        opening = draw.say(draw.pick(_STORIES)).format_map(_words(sketch, draw))
    rules = list(sketch.rules)
    draw.random.shuffle(rules)
    described = _described(sketch, draw) if "{arguments}" not in form and not opening else ""
    sentences = [opening, told, described]
    if sketch.steps:
        return _paragraphs([_in_order(sketch.steps, sentences, draw), *rules, example])
    return _laid_out(draw, sentences, rules, example)


def _function_forms(sketch: Sketch) -> tuple[str, ...]:
    """The forms that suit the task: nobody asks what takes a colon to say, or a whole paragraph."""
    task = sketch.task
    long = len(task) > _LONGEST_QUESTION or any(mark in task for mark in ":;")
    return _FUNCTION_FORMS if long else (*_FUNCTION_FORMS, *_QUESTIONS)


def _of_the_scene(sketch: Sketch, draw: Draw) -> bool:
    """Whether the arguments are said to be things of the scene, so that its people can have them."""
    scene = draw.scene
    if any(each.type not in _HELD and not each.type.startswith(_CONTAINERS) for each in sketch.parameters):
        return False
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
    parts = [f"`{each.name}` {_verb(each, draw)} {each.about}" for each in sketch.parameters]
    if len(parts) > 1 and draw.chance(0.5):
        return " ".join(f"{part}." for part in parts)
    return f"Here {listed(parts)}." if parts else ""


def _verb(parameter: Parameter, draw: Draw) -> str:
    """A list *holds* prices, a number *is* a price: "`prices` is the prices" would be neither singular nor plural."""
    head = re.split(_AFTER_HEAD, parameter.about)[0]
    held = parameter.type in _HELD or parameter.type.startswith(_CONTAINERS)
    if not held or (head.startswith(("a ", "an ", "another ")) and not head.endswith("s")):
        return "is"
    if parameter.type in _HELD and not head.endswith(("s", "letter")):
        return "is"
    return draw.say("[holds|contains]")


def _in_order(steps: Sequence[str], sentences: Sequence[str], draw: Draw) -> str:
    """The opening, and what is to be done, one thing after the other."""
    opening = " ".join(filter(None, sentences))
    if draw.chance(0.5):
        lines = (wrapped(f"{number}. {step}", _WIDTH, "   ") for number, step in enumerate(steps, 1))
        return f"{wrapped(opening, _WIDTH)}\n\n" + "\n".join(lines)
    first = draw.say("[First|To begin with|First of all]")
    words = [
        first,
        *("Then" for _ in steps[1:-1]),
        draw.say("[Finally|In the end]" if len(steps) > 2 else "[Then|After that]"),
    ]
    told = (f"{word}, {step[0].lower()}{step[1:]}" for word, step in zip(words, steps, strict=True))
    return wrapped(" ".join([opening, *told]), _WIDTH)


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
        wrapped(f"{mark} {rule}", _WIDTH, " " * (len(mark) + 1)) for mark, rule in zip(marks, rules, strict=True)
    )
    title = "" if form == "bullets" else f"{draw.pick(_HEADINGS)}:\n"
    return _paragraphs([opening, title + lines, example])


def _paragraphs(parts: Sequence[str]) -> str:
    return "\n\n".join(part if "\n" in part else wrapped(part, _WIDTH) for part in parts if part)
