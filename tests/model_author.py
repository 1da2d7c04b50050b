"""A model of a kind: it answers a request for a problem with one of four exercises, the same every time."""

import json
from typing import Any

from codemix.synthetic.model.discriminator import RULES

_WITHIN = {
    "name": "count_within",
    "problem": "Write count_within(values, low, high), which returns how many of the values lie between low and high, "
    "both included. Where low is above high, none does.",
    "solution": '''def count_within(values: list[int], low: int, high: int) -> int:
    """Count the values from low to high.

    >>> count_within([1, 5, 9], 2, 9)
    2
    """
    total = 0
    for value in values:
        if low <= value <= high:
            total += 1
    return total
''',
    "second_solution": """from bisect import bisect_left, bisect_right


def count_within(values: list[int], low: int, high: int) -> int:
    ordered = sorted(values)
    return max(0, bisect_right(ordered, high) - bisect_left(ordered, low))
""",
    "tests": """assert count_within([], 0, 9) == 0
assert count_within([1, 5, 9], 1, 9) == 3
assert count_within([1, 5, 9], 2, 8) == 1
assert count_within([1, 5, 9], 5, 5) == 1
assert count_within([4, 4, 4], 5, 3) == 0
assert count_within([0, -1, -2, 7], -1, 6) == 2
""",
    "make_input": """def make_input(random):
    values = [random.randint(-9, 9) for _ in range(random.randint(0, 8))]
    return values, random.randint(-9, 9), random.randint(-9, 9)
""",
}
_RUNS = {
    "name": "longest_run",
    "problem": "The function longest_run(text) gives the length of the longest stretch of one and the same letter in "
    "a word; for the empty word it gives 0.",
    "solution": '''def longest_run(text: str) -> int:
    """Return how often a letter follows itself at most.

    >>> longest_run("aabbb")
    3
    """
    best = 0
    current = 0
    previous = ""
    for letter in text:
        current = current + 1 if letter == previous else 1
        best = max(best, current, 0)
        previous = letter
    return best
''',
    "second_solution": """from itertools import groupby


def longest_run(text: str) -> int:
    return max((len(list(group)) for _, group in groupby(text)), default=0)
""",
    "tests": """assert longest_run("") == 0
assert longest_run("a") == 1
assert longest_run("ab") == 1
assert longest_run("aabbb") == 3
assert longest_run("aaab") == 3
assert longest_run("abba") == 2
""",
    "make_input": """def make_input(random):
    return ("".join(random.choice("ab") for _ in range(random.randint(0, 12))),)
""",
}
_CHANGE = {
    "name": "spread",
    "problem": "Given readings, spread(readings) is the difference of the largest and the smallest. It raises a "
    "ValueError where there are no readings.",
    "solution": '''def spread(readings: list[int]) -> int:
    """Tell how far apart the readings are.

    >>> spread([3, 8, 5])
    5
    """
    if not readings:
        raise ValueError("no readings")
    return max(readings) - min(readings)
''',
    "second_solution": """def spread(readings: list[int]) -> int:
    ordered = sorted(readings)
    if not ordered:
        raise ValueError("nothing")
    return ordered[-1] - ordered[0]
""",
    "tests": """try:
    spread([])
except ValueError as error:
    assert str(error) == "no readings" or str(error) == "nothing"
else:
    raise AssertionError("spread([]) must raise")
assert spread([4]) == 0
assert spread([3, 8, 5]) == 5
assert spread([-3, -9]) == 6
assert spread([2, 2, 1]) == 1
assert spread([0, 7]) == 7
""",
    "make_input": """def make_input(random):
    return ([random.randint(-50, 50) for _ in range(random.randint(0, 6))],)
""",
}
_PAIRS = {
    "name": "pair_up",
    "problem": "Two lists of guests are seated in pairs: pair_up(left, right) joins each name with the one at the same "
    "place in the other list by a plus sign, and leaves out whoever has no neighbour.",
    "solution": '''def pair_up(left: list[str], right: list[str]) -> list[str]:
    """Join the names that sit side by side.

    >>> pair_up(["Ada", "Bo"], ["Cy"])
    ['Ada+Cy']
    """
    return [f"{one}+{other}" for one, other in zip(left, right)]
''',
    "second_solution": """def pair_up(left: list[str], right: list[str]) -> list[str]:
    pairs = []
    place = 0
    while place < len(left) and place < len(right):
        pairs.append(left[place] + "+" + right[place])
        place += 1
    return pairs
""",
    "tests": """assert pair_up([], []) == []
assert pair_up(["a"], []) == []
assert pair_up(["Ada", "Bo"], ["Cy"]) == ["Ada+Cy"]
assert pair_up(["Ada", "Bo"], ["Cy", "Di"]) == ["Ada+Cy", "Bo+Di"]
""",
    "make_input": """def make_input(random):
    names = ["Ada", "Bo", "Cy", "Di", "Ed"]
    return random.sample(names, random.randint(0, 5)), random.sample(names, random.randint(0, 5))
""",
}
EXERCISES = (_WITHIN, _RUNS, _CHANGE, _PAIRS)


def is_review(request: dict[str, Any]) -> bool:
    """Whether the request is the discriminator's."""
    return "review" in request["messages"][0]["content"]


def approval(said: dict[str, str] | None = None) -> str:
    """The discriminator's answer: yes to all rules but those given otherwise."""
    said = dict.fromkeys(RULES, "yes") | (said or {})
    return json.dumps({rule: {"because": "so it is", "verdict": verdict} for rule, verdict in said.items()})


def author(request: dict[str, Any]) -> str:
    """Writes well, and approves of everything."""
    return approval() if is_review(request) else json.dumps(EXERCISES[request["seed"] % len(EXERCISES)])
