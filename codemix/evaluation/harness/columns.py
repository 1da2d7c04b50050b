"""Columns of benchmarks' files: the hub's, which the harness's definitions name, and those of original releases."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from codemix.evaluation.harness.missing import DataMissing

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Release:
    """One way in which a benchmark is published.

    Attributes:
        columns: by which its records are known.
        rows: of a record the hub's rows.
    """

    columns: tuple[str, ...]
    rows: Callable[[Row], list[Row]] = lambda record: [record]


def as_on_the_hub(task: str, config: dict[str, Any], records: Iterable[Row]) -> Iterator[Row]:
    """The rows of a definition's data set.

    Args:
        task: as the suite calls it.
        config: its definition. One of several subjects takes those of its own, where records name theirs.
        records: of a file, all of one release.

    Raises:
        DataMissing: the records have the columns of no release that is known.
    """
    releases = next(
        (releases for name, releases in _RELEASES.items() if f"{config['task']}_".startswith(f"{name}_")), None
    )
    for record in records:
        if "subject" in record and config.get("dataset_name") not in (None, record["subject"], "all"):
            continue
        if releases is None:
            yield record
            continue
        release = next((release for release in releases if record.keys() >= set(release.columns)), None)
        if release is None:
            known = " or ".join("(" + ", ".join(release.columns) + ")" for release in releases)
            raise DataMissing(f"the columns of {task}'s file are ({', '.join(record)}), and not {known}")
        yield from release.rows(record)


def _labelled(*names: str) -> Callable[[Row], list[Row]]:
    """Labels that are words, or truth values, as the hub's numbers."""

    def rows(record: Row) -> list[Row]:
        label = record["label"]
        if isinstance(label, bool | str):
            record = record | {"label": names.index(str(label).lower())}
        return [record]

    return rows


def _arc(record: Row) -> list[Row]:
    """AI2's ARC-V1."""
    choices = record["question"]["choices"]
    return [
        {
            "id": record["id"],
            "question": record["question"]["stem"],
            "choices": {name: [choice[name] for choice in choices] for name in ("text", "label")},
            "answerKey": record["answerKey"],
        }
    ]


def _open_book(record: Row) -> list[Row]:
    """OpenBookQA with its prompt made."""
    return [
        {
            "question_stem": record["query"].removeprefix("Question: ").removesuffix("\nAnswer:"),
            "choices": {"text": record["choices"], "label": list("ABCD")},
            "answerKey": "ABCD"[record["gold"]],
        }
    ]


def _hellaswag(record: Row) -> list[Row]:
    """HellaSwag with its texts cleaned and put together."""
    activity, _, context = record["query"].partition(": ")
    return [
        {
            "activity_label": activity,
            "ctx_a": context,
            "ctx_b": "",
            "endings": record["choices"],
            "label": str(record["gold"]),
        }
    ]


def _lambada(record: Row) -> list[Row]:
    """LAMBADA with its last word apart."""
    return [{"text": f"{record['context']} {record['continuation'].strip()}"}]


def _trivia(record: Row) -> list[Row]:
    """TriviaQA with its prompt made."""
    question = record["context"].removeprefix("Question: ").removesuffix("\nAnswer:").removesuffix("?")
    return [{"question": question, "answer": {"value": record["answer"], "aliases": record["aliases"]}}]


def _trivia_release(record: Row) -> list[Row]:
    """TriviaQA 1.0."""
    answer = record["Answer"]
    return [{"question": record["Question"], "answer": {"value": answer["Value"], "aliases": answer["Aliases"]}}]


def _story_cloze(record: Row) -> list[Row]:
    """The CSV of the Story Cloze Test."""
    sentences = {f"input_sentence_{n}": record[f"InputSentence{n}"] for n in range(1, 5)}
    quiz = {f"sentence_quiz{n}": record[f"RandomFifthSentenceQuiz{n}"] for n in (1, 2)}
    right = {"answer_right_ending": int(record["AnswerRightEnding"])}
    return [{"story_id": record["InputStoryid"], **sentences, **quiz, **right}]


def _quac(record: Row) -> list[Row]:
    """QuAC 0.2: an article with its dialogues."""
    return [
        {
            "wikipedia_page_title": record["title"],
            "section_title": record["section_title"],
            "context": dialogue["context"],
            "questions": [turn["question"] for turn in dialogue["qas"]],
            "orig_answers": {"texts": [turn["orig_answer"]["text"] for turn in dialogue["qas"]]},
        }
        for dialogue in record["paragraphs"]
    ]


# the harness's name of the task, or of all whose names go on after it -> its releases, the hub's first
_RELEASES = {
    "boolq": (Release(("passage", "question", "label"), _labelled("false", "true")),),
    "cb": (
        Release(("premise", "hypothesis", "label"), _labelled("entailment", "contradiction", "neutral")),
    ),
    "copa": (Release(("premise", "choice1", "choice2", "question", "label")),),
    "piqa": (Release(("goal", "sol1", "sol2", "label")),),
    "sciq": (Release(("support", "question", "distractor1", "distractor2", "distractor3", "correct_answer")),),
    "social_iqa": (Release(("context", "question", "answerA", "answerB", "answerC", "label")),),
    "hellaswag": (
        Release(("activity_label", "ctx_a", "ctx_b", "endings", "label")),
        Release(("query", "choices", "gold"), _hellaswag),
    ),
    "winogrande": (Release(("sentence", "option1", "option2", "answer")),),
    "arc": (Release(("question", "choices", "answerKey")), Release(("id", "question", "answerKey"), _arc)),
    "openbookqa": (
        Release(("question_stem", "choices", "answerKey")),
        Release(("query", "choices", "gold"), _open_book),
    ),
    "storycloze": (
        Release(("input_sentence_1", "sentence_quiz1", "sentence_quiz2", "answer_right_ending")),
        Release(("InputStoryid", "InputSentence1", "RandomFifthSentenceQuiz1", "AnswerRightEnding"), _story_cloze),
    ),
    "triviaqa": (
        Release(("question", "answer")),
        Release(("context", "answer", "aliases"), _trivia),
        Release(("Question", "Answer"), _trivia_release),
    ),
    "nq_open": (Release(("question", "answer")),),
    "lambada": (Release(("text",)), Release(("context", "continuation"), _lambada)),
    "mmlu": (Release(("question", "choices", "answer")),),
    "gsm8k": (Release(("question", "answer")),),
    "quac": (
        Release(("wikipedia_page_title", "section_title", "context", "questions", "orig_answers")),
        Release(("title", "section_title", "paragraphs"), _quac),
    ),
}  # fmt: skip
