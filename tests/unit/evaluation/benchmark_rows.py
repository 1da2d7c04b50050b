"""Items of every benchmark of the suites, made up, with the hub's columns."""

from typing import Any

import numpy as np

WORDS = ["river", "stone", "lamp", "garden", "winter", "music", "bread", "cloud", "horse", "paper", "silver", "road"]


def sentence(random: np.random.Generator, words: int = 6) -> str:
    return " ".join(random.choice(WORDS, words)).capitalize() + "."


def different(random: np.random.Generator, count: int) -> list[str]:
    """Texts of other words each."""
    return [f"{random.choice(WORDS)} {word}" for word in random.permutation(WORDS)[:count]]


def rows_of(task: str, count: int, seed: int) -> list[dict[str, Any]]:
    """Rows of a benchmark, by its name in the suites."""
    random = np.random.default_rng(seed)
    return [_ROWS[task](random) for _ in range(count)]


def _boolq(random: np.random.Generator) -> dict[str, Any]:
    return {"passage": sentence(random, 30), "question": sentence(random), "label": int(random.integers(2))}


def _piqa(random: np.random.Generator) -> dict[str, Any]:
    one, other = different(random, 2)
    return {"goal": sentence(random), "sol1": one, "sol2": other, "label": int(random.integers(2))}


def _sciq(random: np.random.Generator) -> dict[str, Any]:
    right, *wrong = different(random, 4)
    distractors = {f"distractor{n}": text for n, text in enumerate(wrong, 1)}
    return {"support": sentence(random), "question": sentence(random), "correct_answer": right, **distractors}


def _social_iqa(random: np.random.Generator) -> dict[str, Any]:
    answers = dict(zip(("answerA", "answerB", "answerC"), different(random, 3), strict=True))
    label = str(random.integers(1, 4))
    return {"context": sentence(random), "question": sentence(random), **answers, "label": label}


def _quac(random: np.random.Generator) -> dict[str, Any]:
    answers = [*different(random, 5), "CANNOTANSWER"]
    return {
        "wikipedia_page_title": "A place",
        "section_title": "History",
        "context": sentence(random, 40) + " CANNOTANSWER",
        "questions": [sentence(random) for _ in answers],
        "orig_answers": {"texts": answers},
    }


def _cb(random: np.random.Generator) -> dict[str, Any]:
    return {"premise": sentence(random), "hypothesis": sentence(random), "label": int(random.integers(3))}


def _copa(random: np.random.Generator) -> dict[str, Any]:
    one, other = different(random, 2)
    kind, label = str(random.choice(["cause", "effect"])), int(random.integers(2))
    return {"premise": sentence(random), "choice1": one, "choice2": other, "question": kind, "label": label}


def _storycloze(random: np.random.Generator) -> dict[str, Any]:
    one, other = different(random, 2)
    story = {f"input_sentence_{n}": sentence(random) for n in range(1, 5)}
    return {**story, "sentence_quiz1": one, "sentence_quiz2": other, "answer_right_ending": int(random.integers(1, 3))}


def _hellaswag(random: np.random.Generator) -> dict[str, Any]:
    texts = {"activity_label": "Baking", "ctx_a": sentence(random), "ctx_b": sentence(random, 2)}
    return {**texts, "endings": different(random, 4), "label": str(random.integers(4))}


def _winogrande(random: np.random.Generator) -> dict[str, Any]:
    one, other = different(random, 2)
    text = f"{sentence(random)[:-1]} _ {sentence(random)}"
    return {"sentence": text, "option1": one, "option2": other, "answer": str(random.integers(1, 3))}


def _arc(random: np.random.Generator) -> dict[str, Any]:
    choices = {"text": different(random, 4), "label": list("ABCD")}
    return {"id": "q", "question": sentence(random), "choices": choices, "answerKey": str(random.choice(list("ABCD")))}


def _openbookqa(random: np.random.Generator) -> dict[str, Any]:
    return {"question_stem": sentence(random), **{key: _arc(random)[key] for key in ("choices", "answerKey")}}


def _triviaqa(random: np.random.Generator) -> dict[str, Any]:
    names = different(random, 3)
    return {"question": sentence(random)[:-1], "answer": {"value": names[0], "aliases": names}}


def _nq_open(random: np.random.Generator) -> dict[str, Any]:
    return {"question": sentence(random)[:-1], "answer": different(random, 2)}


def _mmlu(random: np.random.Generator) -> dict[str, Any]:
    subject = str(random.choice(["anatomy", "virology"]))
    choices, answer = different(random, 4), int(random.integers(4))
    return {"subject": subject, "question": sentence(random), "choices": choices, "answer": answer}


def _gsm8k(random: np.random.Generator) -> dict[str, Any]:
    number = int(random.integers(10, 2000))
    return {"question": sentence(random), "answer": f"{sentence(random)}\n#### {number:,}"}


def _lambada(random: np.random.Generator) -> dict[str, Any]:
    return {"text": f"{sentence(random, 20)} {random.choice(WORDS)}"}


_ROWS = {
    "boolq": _boolq,
    "piqa": _piqa,
    "sciq": _sciq,
    "social_iqa": _social_iqa,
    "quac": _quac,
    "cb": _cb,
    "copa": _copa,
    "storycloze": _storycloze,
    "hellaswag": _hellaswag,
    "winogrande": _winogrande,
    "arc_easy": _arc,
    "triviaqa": _triviaqa,
    "nq_open": _nq_open,
    "mmlu": _mmlu,
    "arc_challenge": _arc,
    "openbookqa": _openbookqa,
    "gsm8k": _gsm8k,
    "lambada": _lambada,
}
BENCHMARKS = tuple(_ROWS)
