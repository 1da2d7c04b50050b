"""Pipelines: two or three families' functions, each of which takes what the one before gives."""

import dataclasses
import itertools
import textwrap

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import capital
from codemix.synthetic.problem import Code, Sketch
from codemix.synthetic.registry import Family
from codemix.synthetic.source import source

_TRIES = 40  # families that are asked for a next step
_THIRD = 0.3  # of the pipelines have a third step, where one fits
_LONGEST = 220  # characters of a task that is one sentence
_THINGS = {
    "list": "list",
    "dict": "mapping",
    "set": "set",
    "tuple": "tuple",
    "str": "text",
    "int": "number",
    "float": "number",
    "bool": "truth value",
}


def pipeline(first: tuple[str, Sketch], families: tuple[Family, ...], draw: Draw) -> tuple[str, Sketch]:
    """`first` and what can follow it, as (family names joined by "+", sketch); `first` itself where nothing fits."""
    stages = [first]
    while len(stages) < 3 and _fits(stages[-1][1]) and (following := _following(stages, families, draw)) is not None:
        stages.append(following)
        if not draw.chance(_THIRD):
            break
    if len(stages) == 1:
        return first
    return "+".join(name for name, _ in stages), _joined([sketch for _, sketch in stages], draw)


def _fits(sketch: Sketch) -> bool:
    return bool(sketch.step) and sketch.kind == "function" and len(sketch.parameters) == 1 and not sketch.raises


def _following(stages: list[tuple[str, Sketch]], families: tuple[Family, ...], draw: Draw) -> tuple[str, Sketch] | None:
    """A family, none of those before, and its sketch that takes what the last stage gives."""
    wanted = stages[-1][1].returns
    taken = {name for name, _ in stages}
    names = {sketch.name for _, sketch in stages}
    others = [family for family in families if family.name not in taken]
    for family in draw.random.sample(others, min(_TRIES, len(others))):
        sketch = family.sketch(draw)
        if _fits(sketch) and sketch.parameters[0].type == wanted and sketch.name not in names:
            return family.name, sketch
    return None


def _joined(stages: list[Sketch], draw: Draw) -> Sketch:
    first, last = stages[0], stages[-1]
    argument = first.parameters[0]
    taken = {argument.name, *(stage.name for stage in stages)}
    name = draw.pick(
        [
            f"{last.name}_after_{first.name}",
            f"{first.name}_then_{last.name}",
            *(option for option in ("solve", "process", "pipeline", "summarise", "run_steps") if option not in taken),
        ]
    )
    middle = draw.pick([option for option in ("step", "stage", "partial", "inner", "outcome") if option not in taken])
    nested, lines, given = argument.name, [], argument.name
    for number, stage in enumerate(stages[:-1], 1):
        nested = f"{stage.name}({nested})"
        lines.append(f"{middle}_{number} = {stage.name}({given})")
        given = f"{middle}_{number}"
    nested = f"{last.name}({nested})"
    body = draw.pick((f"return {nested}", "\n".join([*lines, f"return {last.name}({given})"])))
    task, steps = _told(stages, draw)
    return Sketch(
        name=name,
        parameters=(argument,),
        returns=last.returns,
        task=task,
        solution=Code(body, _before([(stage, stage.solution) for stage in stages]), "pipeline"),
        second=Code(f"return {nested}", _before([(stage, stage.second) for stage in stages]), "pipeline"),
        sample=first.sample,
        edges=first.edges,
        story=first.story,
        steps=steps,
    )


def _steps(stages: list[Sketch], draw: Draw) -> list[str]:
    """The steps as infinitives, each but the first about what the one before gives."""
    told = [stages[0].step.format(it=f"`{stages[0].parameters[0].name}`")]
    for before, stage in itertools.pairwise(stages):
        thing = _THINGS.get(before.returns.split("[")[0], "value")
        told.append(stage.step.format(it=draw.say(f"[the resulting|this] {thing}")))
    return told


def _told(stages: list[Sketch], draw: Draw) -> tuple[str, tuple[str, ...]]:
    """The task, and the steps as sentences where one sentence cannot hold them all or need not."""
    steps = _steps(stages, draw)
    whole = (
        ", ".join(steps[:-1]) + (", and finally " if len(steps) > 2 else draw.say("[, and then |, then ]")) + steps[-1]
    )
    if not any(mark in whole for mark in ":;.") and len(whole) <= _LONGEST and draw.chance(0.5):
        return whole, ()
    count = "two" if len(steps) == 2 else "three"
    task = draw.say(
        f"[[carry out|perform] {count} steps on `{stages[0].parameters[0].name}`, one after the other"
        f"|take `{stages[0].parameters[0].name}` through {count} steps, one after the other]"
    )
    return task, tuple(f"{capital(step)}." for step in steps)


def _before(stages: list[tuple[Sketch, Code]]) -> str:
    """The stages' own functions, after the imports of all of them."""
    imports: dict[str, None] = {}
    definitions = []
    for sketch, code in stages:
        lines = textwrap.dedent(code.before).strip("\n").splitlines()
        imports |= dict.fromkeys(line for line in lines if line.startswith(("import ", "from ")))
        helpers = "\n".join(line for line in lines if not line.startswith(("import ", "from "))).strip("\n")
        definitions.append(source(sketch, dataclasses.replace(code, before=helpers)).rstrip())
    return "\n\n\n".join(filter(None, ["\n".join(imports), *definitions]))
