"""The items of QuAC: a question of a dialogue, and four of the dialogue's answers."""

from collections.abc import Iterator
from typing import Any

import datasets

_NO_ANSWER = "CANNOTANSWER"
_CHOICES = 4


def process_docs(dialogues: datasets.Dataset) -> datasets.Dataset:
    """The items of dialogues, as `items` makes them."""
    return datasets.Dataset.from_list([item for dialogue in dialogues for item in items(dialogue)])


def items(dialogue: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Of each question that has an answer: the passage, the turns before it, the right answer, and the answers of the
    next three turns that have another one (of the dialogue's last, of the turns before), in the dialogue's order.

    A dialogue with fewer than four different answers has no item.
    """
    questions = dialogue["questions"]
    answers = [text.removesuffix(_NO_ANSWER).strip() for text in dialogue["orig_answers"]["texts"]]
    for turn, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        others: dict[str, int] = {}
        for other in (*range(turn + 1, len(answers)), *reversed(range(turn))):
            if answers[other] and answers[other] != answer and len(others) < _CHOICES - 1:
                others.setdefault(answers[other], other)
        if not answer or len(others) < _CHOICES - 1:
            continue
        choices = sorted([(turn, answer), *((place, text) for text, place in others.items())])
        said = [text or "I don't know." for text in answers]
        yield {
            "title": dialogue["wikipedia_page_title"],
            "section": dialogue["section_title"],
            "passage": dialogue["context"].removesuffix(_NO_ANSWER).strip(),
            "turns": [{"question": q, "answer": a} for q, a in zip(questions[:turn], said, strict=False)],
            "question": question,
            "choices": [text for _, text in choices],
            "gold": choices.index((turn, answer)),
        }
