"""A class that keeps a few entries and drops one when it is full: the oldest, the least used, the smallest."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "classes"
VERSION = 2


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
    absent = "raise KeyError(key)" if missing == "raise" else f"return {missing}"
    reads = "\n            self._reads: dict[str, int] = {}" if rare else ""
    body = f"""
        def __init__(self, {size}: int) -> None:
            self.{size} = {size}
            self.{gone} = 0
            self._{entries}: dict[str, int] = {{}}{reads}

        def {put}(self, key: str, value: int) -> None:
            if key not in self._{entries} and len(self._{entries}) == self.{size}:
                # room for the new one
                del self._{entries}[{victim}]
                self.{gone} += 1{on_write}{counting}
            self._{entries}[key] = value

        def {get}(self, key: str) -> int{" | None" if missing == "None" else ""}:
            if key not in self._{entries}:
                {absent}{on_read}
            return self._{entries}[key]

        def {keys}(self) -> list[str]:
            return sorted(self._{entries})
    """
    # The second solution has one list of entries, [stamp or reads, key, value], and searches it.
    rank = {
        "used": "lambda each: each[0]",
        "written": "lambda each: each[0]",
        "rare": "lambda each: each[:2]",
        "smallest": "lambda each: (each[2], each[1])",
        "largest": "lambda each: (each[2], each[1])",
    }[policy]
    stamp = "0" if rare else "self.clock"
    reading = {"used": "\n                    each[0] = self.clock", "rare": "\n                    each[0] += 1"}.get(
        policy, ""
    )
    other = f"""
        def __init__(self, {size}: int) -> None:
            self.{size} = {size}
            self.{gone} = 0
            self.clock = 0
            self.rows = []

        def {put}(self, key: str, value: int) -> None:
            self.clock += 1
            kept = [each for each in self.rows if each[1] != key]
            if len(kept) == len(self.rows) == self.{size}:
                kept.sort(key={rank})
                kept.pop({-1 if policy == "largest" else 0})
                self.{gone} += 1
            self.rows = [*kept, [{stamp}, key, value]]

        def {get}(self, key: str) -> int | None:
            self.clock += 1
            for each in self.rows:
                if each[1] == key:{reading}
                    return each[2]
            {absent}

        def {keys}(self) -> list[str]:
            return sorted(key for _, key, _ in self.rows)
    """
    leaves = {
        "used": "the key goes that has been neither read nor written for longest",
        "written": "the key goes that has not been written for longest, however often it is read",
        "rare": "the key goes that has been read least often since it was last written, of several the "
        "alphabetically first",
        "smallest": "the key with the smallest value goes, of several the alphabetically first",
        "largest": "the key with the greatest value goes, of several the alphabetically last",
    }[policy]
    labels = draw.random.sample(scene.labels, 4)

    def sample(random: Random) -> tuple[Any, ...]:
        calls: list[tuple[str, tuple[Any, ...]]] = []
        for _ in range(random.randint(3, 9)):
            key = random.choice(labels)
            calls.append((put, (key, random.randint(1, 5))) if random.random() < 0.6 else (get, (key,)))
        return (random.randint(1, 3),), (*calls, (keys, ()), (gone, None))

    a, b, c, _ = sorted(labels)
    full = ((put, (a, 3)), (put, (b, 3)), (get, (a,)), (put, (c, 2)), (keys, ()), (gone, None))
    return Sketch(
        name=name,
        parameters=(Parameter(size, "int", "the greatest number of keys that are kept, at least 1"),),
        returns="None",
        task=draw.say(f"[keep|remember|hold] the {scene.measures} of a few {scene.things} by {scene.label}"),
        rules=(
            f"`{put}(key, value)` stores a value"
            + f". If the key is new and there are `{size}` already, first {leaves}.",
            f"`{get}(key)` returns the value of a key"
            + (
                " and raises KeyError where there is none."
                if missing == "raise"
                else f", or {missing} where there is none."
            ),
            f"`{keys}()` {draw.say('[lists|returns]')} the keys that are kept, sorted.",
            f"The attribute `{gone}` counts the keys that had to go.",
        ),
        solution=Code(body, style="class"),
        second=Code(other),
        sample=sample,
        kind="class",
        raises={"KeyError": "a key is asked for that is not kept"} if missing == "raise" else {},
        edges=(((2,), full), ((1,), ((get, (a,)), (put, (a, 1)), (put, (b, 2)), (keys, ())))),
    )
