"""An arm that was designed here as a gin file, and a study that asks about it."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import codemix
from codemix.errors import UserError
from codemix.store.atomic import write_text
from codemix.study.arm import Arm, Mixture, Phase, Ramp

_WIDTH = 110


def arm_gin(name: str, arm: Arm, comment: str = "") -> str:
    """The text of an arm's gin file, which gives the same arm when it is read.

    Args:
        name: its scope, by which `Study.arms` names it.
        arm: its phases.
        comment: what it is, for its first lines.

    Raises:
        UserError: a name of the arm or of a phase that gin cannot have as a scope.
    """
    for scope in (name, *(phase.name for phase in arm.phases)):
        if not scope.isidentifier():
            raise UserError(f"'{scope}' cannot be a scope of gin; name arms and phases by letters, digits and _.")
    references = ", ".join(f"@{name}/{phase.name}/Phase()" for phase in arm.phases)
    lines = [*_comment(comment), f"{name}/Arm.phases = [{references}]"]
    if arm.budget != 1:
        lines.append(f"{name}/Arm.budget = {arm.budget!r}")
    if arm.portions:
        lines.append(f"{name}/Arm.portions = {dict(arm.portions)!r}")
    if arm.start is not None:
        lines.append(f"{name}/Arm.start = {arm.start!r}")
    return "\n".join(lines) + "\n" + "".join(_phase_gin(f"{name}/{phase.name}", phase) for phase in arm.phases)


def write_arm(folder: Path, name: str, arm: Arm, comment: str = "") -> Path:
    """Writes `arm_gin` into folder/NAME.gin; gives its path."""
    path = Path(folder) / f"{name}.gin"
    write_text(path, arm_gin(name, arm, comment))
    return path


def write_study(
    path: Path, base: str | Path, arm_files: Sequence[Path], arms: Sequence[str], control: str, title: str
) -> Path:
    """Writes a study: another one's setting, with these arms.

    Args:
        path: of the gin file to write.
        base: the study's gin file whose everything else it has, as `load_study` finds it.
        arm_files: of the arms that the base does not include.
        arms: all that are compared, by name.
        control: the one they are compared with.
        title: the question.

    Returns:
        The path.
    """
    included = [_as_included(Path(base)), *(file.resolve().as_posix() for file in arm_files)]
    lines = [
        *(f"include {file!r}" for file in included),
        "",
        f"Study.title = {title!r}",
        f"Study.arms = {list(arms)!r}",
        f"Study.control = {control!r}",
    ]
    write_text(Path(path), "\n".join(lines) + "\n")
    return Path(path)


def _phase_gin(scope: str, phase: Phase) -> str:
    extra: list[str] = []
    if isinstance(phase.mixture, str | Mapping | Ramp):
        mixture = _mixture_gin(phase.mixture, f"{scope}/Ramp", extra)
    else:
        parts = [
            f"    ({share!r}, {_mixture_gin(part, f'{scope}/part{number}/Ramp', extra)}),"
            for number, (share, part) in enumerate(phase.mixture)
        ]
        mixture = "\n".join(["[", *parts, "]"])
    lines = ["", f"{scope}/Phase.name = {phase.name!r}", f"{scope}/Phase.share = {phase.share!r}"]
    lines.append(f"{scope}/Phase.mixture = {mixture}")
    if phase.learning_rate is not None:
        lines.append(f"{scope}/Phase.learning_rate = @{scope}/LearningRate()")
        extra += _bindings(f"{scope}/LearningRate", phase.learning_rate)
    return "\n".join([*lines, *([""] if extra else []), *extra]) + "\n"


def _mixture_gin(mixture: Mixture, scope: str, extra: list[str]) -> str:
    """A mixture as gin has it; what must be bound for it is added to `extra`."""
    if isinstance(mixture, Ramp):
        extra += _bindings(scope, mixture)
        return f"@{scope}()"
    return repr(mixture if isinstance(mixture, str) else dict(mixture))


def _bindings(selector: str, value: Any) -> list[str]:
    """A line for every field: what a scope does not bind is as the study binds it elsewhere."""
    return [f"{selector}.{field.name} = {_plain(getattr(value, field.name))!r}" for field in dataclasses.fields(value)]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _comment(text: str) -> list[str]:
    import textwrap

    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]


def _as_included(base: Path) -> str:
    """The study's path as gin finds it anywhere: within codemix's own folder by its place there."""
    root = Path(codemix.__file__).parents[1]
    if base.is_file():
        resolved = base.resolve()
        return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else resolved.as_posix()
    if (root / base).is_file():
        return base.as_posix()
    raise UserError(f"{base}: there is no such gin file; give the study whose setting the new one has.")
