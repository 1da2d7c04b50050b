"""A second look at what passed: a model is asked rule by rule, and only a plain yes to each of them keeps a problem.

The pattern is WaveCoder's (arXiv 2312.14187 §2.2.3: step by step, yes or no per rule, accepted where all are yes). What
cannot be parsed counts as no; WaveCoder's release ends with an exception there.
"""

import json

from codemix.chat.client import Message
from codemix.synthetic.model.answer import Answer, Malformed, json_object

RULES = {
    "complete": "The problem can be solved from its text alone: what is given, what is returned, ties, empty inputs "
    "and errors are settled.",
    "faithful": "The solution does what the problem asks, in every case that the problem allows.",
    "covered": "The tests expect only what the problem's text says, and the edge cases it names are among them.",
    "readable": "The solution is clear: good names, no dead code, nothing convoluted, imports all used.",
    "useful": "A programmer could meet this problem; it is neither trivial nor a riddle, and it is not a famous "
    "exercise of a known collection.",
}

_SYSTEM = """\
You review programming exercises, sceptically. Go through the rules one by one, and answer with one JSON object and \
nothing else: for each rule its name as key, and an object with "because", one sentence, and then "verdict", "yes" or \
"no"."""


def question(answer: Answer) -> tuple[Message, ...]:
    """What the discriminator is asked about a problem."""
    rules = "\n".join(f'"{name}": {rule}' for name, rule in RULES.items())
    shown = json.dumps(
        {"problem": answer.problem, "solution": answer.solution, "tests": answer.tests}, ensure_ascii=False, indent=1
    )
    return (
        {"role": "system", "content": _SYSTEM},
        {"role": "user", "content": f"Rules:\n{rules}\n\nThe exercise:\n{shown}"},
    )


def verdicts(content: str) -> dict[str, bool]:
    """rule -> whether it was plainly said to hold. Never raises: what is not said, or said unclearly, is no."""
    try:
        found = json_object(content)
    except Malformed:
        found = {}
    return {name: _is_yes(found.get(name)) for name in RULES}


def _is_yes(value: object) -> bool:
    if isinstance(value, dict):
        value = value.get("verdict")
    return isinstance(value, str) and value.strip().lower() == "yes"
