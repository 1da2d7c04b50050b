"""What devices send each other in a step, from the text of the compiled program (HLO)."""

import dataclasses
import functools
import math
import re
from collections.abc import Mapping

_COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all", "collective-permute")
_BYTES = {"pred": 1, "s8": 1, "u8": 1, "bf16": 2, "f16": 2, "s16": 2, "u16": 2, "f32": 4, "s32": 4, "u32": 4}
# `%name = TYPE all-gather(…)` or `all-gather-start(…)`; the matching `-done` would count it twice
_CALL = re.compile(rf"= (\(?[^=]*?\)?) ({'|'.join(_COLLECTIVES)})(-start)?\(")
_CHANNEL = re.compile(r"channel_id=(\d+)")
_SHAPE = re.compile(r"(\w+)\[([\d,]*)\]")
# A computation begins with `%name (parameters) -> type {`, that of the whole program with ENTRY; none is indented.
_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.-]+) \(")
_LOOP = re.compile(r" while\(.*condition=%([\w.-]+), body=%([\w.-]+)")
_CALLED = re.compile(r"(?:calls|to_apply|true_computation|false_computation)=%([\w.-]+)")
_BRANCHES = re.compile(r"branch_computations=\{([^}]*)\}")
_TRIPS = re.compile(r"known_trip_count\W+n\W+(\d+)")
_COUNT = re.compile(r"= [su]32\[\]\S* constant\((\d+)\)")


@dataclasses.dataclass(frozen=True)
class Collective:
    """What devices send each other in one step, of one kind.

    Attributes:
        calls: of one device, one in a loop being called in each of its rounds.
        bytes: of the results of those calls, on one device.
    """

    calls: int
    bytes: int


def collectives_of(program: str) -> dict[str, Collective]:
    """The collectives of one run of a program, by kind. Of a condition's branches all are counted."""
    computations, entry = _computations(program)

    @functools.cache
    def of(name: str) -> Mapping[str, tuple[str, Collective]]:
        """By channel, since one that is spread over several fusions is in the text of each."""
        found: dict[str, tuple[str, Collective]] = {}
        for line in computations.get(name, ()):
            if call := _CALL.search(line):
                known = _CHANNEL.search(line)
                found[known[1] if known else f"{name} {line}"] = call[2], Collective(1, _result_bytes(*call.groups()))
            elif loop := _LOOP.search(line):
                rounds = _rounds(line, computations.get(loop[1], ()))
                for channel, (kind, one) in of(loop[2]).items():
                    found[channel] = kind, Collective(rounds * one.calls, rounds * one.bytes)
            else:
                branches = (one.strip(" %") for many in _BRANCHES.findall(line) for one in many.split(","))
                for other in (*_CALLED.findall(line), *branches):
                    found |= of(other)
        return found

    sums: dict[str, Collective] = {}
    for kind, one in of(entry).values():
        before = sums.get(kind, Collective(0, 0))
        sums[kind] = Collective(before.calls + one.calls, before.bytes + one.bytes)
    return sums


def _computations(program: str) -> tuple[dict[str, list[str]], str]:
    """The lines of every computation, by name, and which is the whole program."""
    computations: dict[str, list[str]] = {}
    entry, name = "", ""
    for line in program.splitlines():
        if begins := _COMPUTATION.match(line):
            name = begins[2]
            entry = name if begins[1] else entry
        elif name:
            computations.setdefault(name, []).append(line)
    return computations, entry


def _rounds(loop: str, condition: list[str] | tuple[()]) -> int:
    """How often a loop goes round: as the compiler says, or as its condition does, which compares a counter from 0 on
    with a constant. One where neither tells."""
    if known := _TRIPS.search(loop):
        return int(known[1])
    bounds = {int(count) for line in condition for count in _COUNT.findall(line)}
    return bounds.pop() if len(bounds) == 1 else 1


def _result_bytes(shapes: str, kind: str, start: str | None) -> int:
    """Of a call's result. Where it is started, operands come before the result, except for an all-reduce."""
    if start and kind != "all-reduce":
        several = shapes.startswith("((")
        shapes = shapes.split("), (")[1] if several else [one[0] for one in _SHAPE.finditer(shapes)][1]
    return sum(
        _BYTES[number] * math.prod(int(size) for size in dimensions.split(",") if size)
        for number, dimensions in _SHAPE.findall(shapes)
        if number in _BYTES
    )
