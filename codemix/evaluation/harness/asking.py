"""A suite's task asked of a model: the harness's requests, and of its results a row for each item."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from codemix.evaluation.items import item_hash
from codemix.evaluation.suite import SuiteTask


@dataclasses.dataclass(frozen=True)
class _Item:
    """One document of the harness's task.

    Attributes:
        task: of the harness.
        name: in the items table.
        document: its content.
        requests: that the harness makes of it.
        gold: the right answer after an item's context, where the harness would only have one written.
    """

    task: Any
    name: str
    document: dict[str, Any]
    requests: list[Instance]
    gold: Instance | None


def ask(lm: LM, task: SuiteTask, of_harness: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows of the items table, in the order of the items.

    Args:
        lm: who answers.
        task: of the suite.
        of_harness: its definitions, with their items (`load_tasks`). Of several, items are named after theirs.
    """
    items = [item for one in of_harness for item in _items(one, task, several=len(of_harness) > 1)]
    scored = [request for item in items for request in (*item.requests, item.gold) if request is not None]
    for kind, method in (("loglikelihood", lm.loglikelihood), ("generate_until", lm.generate_until)):
        asked = [request for request in scored if request.request_type == kind]
        answers: list[Any] = method(asked) if asked else []
        for request, answer in zip(asked, answers, strict=True):
            request.resps.append(answer)
    for one in of_harness:
        one._instances = [request for item in items if item.task is one for request in item.requests]
        one.apply_filters()
    return [
        {"task": task.name, "item": item.name, "hash": item_hash(item.document), **_row(item, task)} for item in items
    ]


def gold_texts(task: SuiteTask, of_harness: Sequence[Any]) -> list[tuple[str, str, str]]:
    """(item, what is asked, the right answer) of every item of `ask`, without worked examples."""
    alone = dataclasses.replace(task, shots=0)
    texts = []
    for one in of_harness:
        for item in _items(one, alone, several=len(of_harness) > 1):
            question, answer = (item.gold or item.requests[_gold(item) if len(item.requests) > 1 else 0]).args[:2]
            texts.append((item.name, question, answer))
    return texts


def count_requests(task: SuiteTask, of_harness: Sequence[Any]) -> int:
    """About how many requests `ask` makes of a model, for a bar."""
    counted = 0
    for one in of_harness:
        documents = len(one.task_docs) if task.limit is None else min(task.limit, len(one.task_docs))
        each = len(one.doc_to_choice(one.task_docs[0])) if one.OUTPUT_TYPE == "multiple_choice" else 1
        counted += documents * (each + (one.OUTPUT_TYPE == "generate_until"))
    return counted


def _items(one: Any, task: SuiteTask, several: bool) -> list[_Item]:
    """The items of one definition, with their requests."""
    items = []
    for number, document in one.doc_iterator(limit=task.limit):
        context = one.fewshot_context(document, num_fewshot=task.shots, gen_prefix=one.doc_to_prefix(document))
        named = {"metadata": (one.task_name, number, 1)}
        requests = one.construct_requests(doc=document, ctx=context, **named)
        requests = requests if isinstance(requests, list) else [requests]
        gold = None
        if one.OUTPUT_TYPE == "generate_until":
            answer = one.config.target_delimiter + _first(one.doc_to_target(document))
            gold = Instance("loglikelihood", document, (context, answer), len(requests), **named)
        name = f"{one.task_name}/{number}" if several else str(number)
        items.append(_Item(one, name, document, requests, gold))
    return items


def _first(target: Any) -> str:
    """The right answer, the first where there are several."""
    return str(target[0] if isinstance(target, list) else target)


def _row(item: _Item, task: SuiteTask) -> dict[str, Any]:
    kind = item.task.OUTPUT_TYPE
    if kind == "multiple_choice":
        found = _chosen(item)
    elif kind == "generate_until":
        found = _written(item)
    elif kind == "loglikelihood":
        ((log_p, greedy),) = (request.resps[0] for request in item.requests)
        found = {"acc": float(greedy), **_of_gold(log_p, item.requests[0].args[1])}
    else:
        raise ValueError(f"{item.task.task_name}: items of the kind {kind} have no rows")
    score = found.pop("exact_match") if task.measure == "exact_match" else found[task.measure]
    return {"score": score, **found}


def _of_gold(log_p: float, text: str) -> dict[str, Any]:
    """Bits per byte of a right answer, in float64, and its bytes (methods.md B1)."""
    size = len(text.encode("utf-8", "surrogatepass"))
    return {"bits_per_byte": -log_p / math.log(2) / size, "bytes": size}


def _chosen(item: _Item) -> dict[str, Any]:
    """Of a choice: what the harness counts, and the same continuously.

    `acc_norm` divides by the characters of a choice, as the harness does, and is null where choices are contexts.
    `p_correct` is the softmax over the choices of log-probability per byte, `margin` the right one's less the best
    other's; both per byte of what is predicted, in nats.
    """
    one = item.task
    results = [request.resps[0] for request in item.requests]
    counted = one.process_results(item.document, results)
    choices = one.doc_to_choice(item.document)
    gold = _gold(item)
    log_p = np.array([log_p for log_p, _ in results[: len(choices)]], np.float64)
    texts = [request.args[1] for request in item.requests[: len(choices)]]
    per_byte = log_p / [len(text.encode("utf-8", "surrogatepass")) for text in texts]
    norm = None if one.multiple_input else float(np.argmax(log_p / [float(len(text)) for text in choices]) == gold)
    p = np.exp(per_byte - per_byte.max())
    return {
        "acc": float(counted["acc"]),
        "acc_norm": counted.get("acc_norm", norm),
        **_of_gold(log_p[gold], texts[gold]),
        "p_correct": float(p[gold] / p.sum()),
        "margin": float(per_byte[gold] - np.delete(per_byte, gold).max()),
    }


def _gold(item: _Item) -> int:
    """The number of the right choice."""
    one = item.task
    gold = one.doc_to_text(item.document) if one.multiple_input else one.doc_to_target(item.document)
    return one.doc_to_choice(item.document).index(gold) if isinstance(gold, str) else cast(int, gold)


def _written(item: _Item) -> dict[str, Any]:
    """Of a written answer: whether it is right by the harness's first filter, and the right one's bits per byte."""
    (request,) = item.requests
    answer = next(iter(request.filtered_resps.values()))
    counted = item.task.process_results(item.document, [answer])
    assert item.gold is not None
    log_p, _ = item.gold.resps[0]
    return {
        "exact_match": float(counted["exact_match"]),
        **_of_gold(log_p, item.gold.args[1]),
        "samples": 1,
        "passed": int(counted["exact_match"]),
        "generations": [request.resps[0]],
    }
