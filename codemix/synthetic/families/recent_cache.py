"""A class that keeps a few entries and drops one when it is full: the oldest, the least used, the smallest."""

import textwrap
from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "classes"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    policy = draw.pick(("used", "written", "rare", "smallest", "largest"))
    missing = draw.pick(("None", "-1", "0", "raise"))
    name = draw.class_name(f"[{scene.label}|small|bounded|recent|{scene.measure}] [cache|memory|store|register]")
    size = draw.pick(("capacity", "size", "limit", "room"))
    put, get = draw.pick((("put", "get"), ("store", "fetch"), ("set", "look_up"), ("remember", "recall")))
    keys, entries, gone = draw.pick(
        (("keys", "entries", "dropped"), ("labels", "values", "evicted"), ("names", "data", "lost"))
    )
    tells = draw.chance(0.4)  # whether storing returns what had to go
    extra = draw.pick(("none", "clear", "has", "length", "total", "forget"))
    fresh = f"self._{entries}[key] = self._{entries}.pop(key)"
    victim = {
        "used": f"next(iter(self._{entries}))",
        "written": f"next(iter(self._{entries}))",
        "rare": f"min(self._{entries}, key=lambda each: (self._reads[each], each))",
        "smallest": f"min(self._{entries}, key=lambda each: (self._{entries}[each], each))",
        "largest": f"max(self._{entries}, key=lambda each: (self._{entries}[each], each))",
    }[policy]
    rare = policy == "rare"
    on_read = {"used": f"\n            {fresh}", "rare": "\n            self._reads[key] += 1"}.get(policy, "")
    on_write = f"\n            self._{entries}.pop(key, None)" if policy in ("used", "written") else ""
    counting = "\n            self._reads[key] = 0" if rare else ""
    removal = f"del self._{entries}[{victim}]"
    if tells:
        removal = f"leaving = {victim}\n                del self._{entries}[leaving]"
    leaving = "\n            leaving = None" if tells else ""
    returning = "\n            return leaving" if tells else ""
    absent = "raise KeyError(key)" if missing == "raise" else f"return {missing}"
    reads = "\n            self._reads: dict[str, int] = {}" if rare else ""
    body = f"""
        def __init__(self, {size}: int) -> None:
            self.{size} = {size}
            self.{gone} = 0
            self._{entries}: dict[str, int] = {{}}{reads}

        def {put}(self, key: str, value: int) -> {"str | None" if tells else "None"}:{leaving}
            if key not in self._{entries} and len(self._{entries}) == self.{size}:
                # room for the new one
                {removal}
                self.{gone} += 1{on_write}{counting}
            self._{entries}[key] = value{returning}

        def {get}(self, key: str) -> int{" | None" if missing == "None" else ""}:
            if key not in self._{entries}:
                {absent}{on_read}
            return self._{entries}[key]

        def {keys}(self) -> list[str]:
            return sorted(self._{entries})
    """
    # The other solution has one list of [key, value], for "rare" with the reads behind them, the next to go first.
    rank = {
        "rare": "kept.sort(key=lambda each: (each[2], each[0]))",
        "smallest": "kept.sort(key=lambda each: (each[1], each[0]))",
        "largest": "kept.sort(key=lambda each: (each[1], each[0]), reverse=True)",
    }.get(policy, "")
    reading = {
        "used": "self._rows.remove(each)\n                    self._rows.append(each)",
        "rare": "each[2] += 1",
    }.get(policy, "")
    other = f"""
        def __init__(self, {size}: int) -> None:
            self.{size} = {size}
            self.{gone} = 0
            self._rows: list[list] = []

        def {put}(self, key: str, value: int) -> {"str | None" if tells else "None"}:{leaving}
            kept = [each for each in self._rows if each[0] != key]
            if len(kept) == len(self._rows) == self.{size}:
                {rank}
                {"leaving = kept.pop(0)[0]" if tells else "kept.pop(0)"}
                self.{gone} += 1
            self._rows = [*kept, [key, value{", 0" if rare else ""}]]{returning}

        def {get}(self, key: str) -> int{" | None" if missing == "None" else ""}:
            for each in self._rows:
                if each[0] == key:
                    {reading}
                    return each[1]
            {absent}

        def {keys}(self) -> list[str]:
            return sorted(each[0] for each in self._rows)
    """
    other = "\n".join(line for line in other.splitlines() if line.strip() or not line) + "\n"
    solutions = [
        Code(textwrap.dedent(body) + _EXTRAS[extra][1].format(entries=entries), style="class"),
        Code(textwrap.dedent(other) + _EXTRAS[extra][2], style="class"),
    ]
    draw.random.shuffle(solutions)
    leaves = {
        "used": "the key goes that has been neither read nor written for longest",
        "written": "the key goes that has not been written for longest, however often it is read",
        "rare": "the key goes that has been read least often since it was last written, of several such "
        "keys the alphabetically first",
        "smallest": "the key with the smallest value goes, of several such keys the alphabetically first",
        "largest": "the key with the greatest value goes, of several such keys the alphabetically last",
    }[policy]
    labels = draw.random.sample(scene.labels, 4)

    def sample(random: Random) -> tuple[Any, ...]:
        calls: list[tuple[str, tuple[Any, ...]]] = []
        for _ in range(random.randint(3, 9)):
            key = random.choice(labels)
            calls.append((put, (key, random.randint(1, 5))) if random.random() < 0.6 else (get, (key,)))
            if extra != "none" and random.random() < 0.3:
                calls.append((extra, (key,) if extra in ("has", "forget") else ()))
        return (random.randint(1, 3),), (*calls, (keys, ()), (gone, None))

    a, b, c, _ = sorted(labels)
    full = ((put, (a, 3)), (put, (b, 3)), (get, (a,)), (put, (c, 2)), (keys, ()), (gone, None))
    return Sketch(
        name=name,
        parameters=(Parameter(size, "int", "the greatest number of keys that are kept, at least 1"),),
        returns="None",
        task=draw.say(f"[keep|remember|hold] the {scene.measures} of a few {scene.things} by {scene.label}"),
        rules=(
            f"`{put}(key, value)` stores a value. If the key is new and there are `{size}` already, first {leaves}."
            + (" It returns the key that went, or None." if tells else ""),
            f"`{get}(key)` returns the value of a key"
            + (
                " and raises KeyError where there is none."
                if missing == "raise"
                else f", or {missing} where there is none."
            ),
            f"`{keys}()` {draw.say('[lists|returns]')} the keys that are kept, sorted.",
            f"The attribute `{gone}` counts the keys that had to go to make room.",
            *((_EXTRAS[extra][0],) if extra != "none" else ()),
        ),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        kind="class",
        raises={"KeyError": "a key is asked for that is not kept"} if missing == "raise" else {},
        edges=(((2,), full), ((1,), ((get, (a,)), (put, (a, 1)), (put, (b, 2)), (keys, ())))),
    )


# What a further method does, in words; its code over a dictionary, and over a list of rows.
_EXTRAS = {
    "none": ("", "", ""),
    "clear": (
        "`clear()` forgets all keys and returns how many there were; they do not count as keys that had to go.",
        """
def clear(self) -> int:
    count = len(self._{entries})
    self._{entries}.clear()
    return count
""",
        """
def clear(self) -> int:
    before, self._rows = self._rows, []
    return len(before)
""",
    ),
    "has": (
        "`has(key)` tells whether a key is kept, which does not count as reading it.",
        "\ndef has(self, key: str) -> bool:\n    return key in self._{entries}\n",
        "\ndef has(self, key: str) -> bool:\n    return any(each[0] == key for each in self._rows)\n",
    ),
    "length": (
        "`length()` returns the number of keys that are kept.",
        "\ndef length(self) -> int:\n    return len(self._{entries})\n",
        "\ndef length(self) -> int:\n    return sum(1 for _ in self._rows)\n",
    ),
    "total": (
        "`total()` returns the sum of the values that are kept, which does not count as reading them.",
        "\ndef total(self) -> int:\n    return sum(self._{entries}.values())\n",
        "\ndef total(self) -> int:\n    return sum(each[1] for each in self._rows)\n",
    ),
    "forget": (
        "`forget(key)` removes a key, if it is kept, and returns whether it was; it does not count as one that had to "
        "go.",
        """
def forget(self, key: str) -> bool:
    return self._{entries}.pop(key, None) is not None
""",
        """
def forget(self, key: str) -> bool:
    left = [each for each in self._rows if each[0] != key]
    removed = len(left) < len(self._rows)
    self._rows = left
    return removed
""",
    ),
}
