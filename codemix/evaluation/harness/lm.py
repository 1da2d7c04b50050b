"""codemix's models as lm-evaluation-harness asks them."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from codemix.evaluation.bits_per_byte import windows
from codemix.evaluation.generation import Sampling, generate
from codemix.evaluation.journal import Journal
from codemix.evaluation.loglikelihood import Request, log_likelihoods
from codemix.evaluation.model import ScoredModel
from codemix.evaluation.scoring import window_nll

_TOKENS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")  # one setting's names, there


@register_model("codemix")
class CodemixLM(LM):
    """A `ScoredModel` behind the harness's interface.

    Every text is a document of its own: what the model reads begins with the end-of-document token, of which there is
    no other. The harness's Hugging Face backend sees the same of an exported model, whose tokenizer puts that token
    before every text.
    """

    def __init__(
        self,
        model: ScoredModel,
        batch_rows: int = 16,
        max_tokens: int = 256,
        journal: Journal | None = None,
        advance: Callable[[float], None] = lambda requests: None,
    ):
        """`batch_rows` is `Suite.batch_rows`, `max_tokens` what an answer has where its task does not say; `advance` is
        called with the number of requests that are done."""
        super().__init__()
        self._model = model
        self._batch_rows = batch_rows
        devices = math.prod(model.mesh.shape[axis] for axis in ("data", "fsdp"))
        self._answers_at_once = -(-batch_rows // devices) * devices
        self._max_tokens = max_tokens
        self._journal = journal or Journal()
        self._advance = advance

    def loglikelihood(self, requests: Sequence[Instance]) -> list[tuple[float, bool]]:
        """(log-probability, whether greedy) of every (context, continuation)."""
        items: dict[tuple[str | None, int | None], int] = {}
        pairs = encode_pairs(self._model, [request.args for request in requests])
        asked = [
            Request(items.setdefault((request.task_name, request.doc_id), len(items)), context, continuation)
            for request, (context, continuation) in zip(requests, pairs, strict=True)
        ]
        found = log_likelihoods(self._model, asked, self._batch_rows, self._journal, self._advance)
        return [(each.log_p, each.greedy) for each in found]

    def loglikelihood_rolling(self, requests: Sequence[Instance]) -> list[float]:
        """The log-probability of every text, each of its tokens predicted once, from as much as the context holds."""
        eos, context = self._model.tokenizer.eos, self._model.context
        texts = self._model.tokenizer.encode_batch([request.args[0] for request in requests])
        rows = [
            window
            for number, ids in enumerate(texts)
            for window in windows(number, ids.astype(np.int64), 0, eos, context, stride=1.0)
        ]
        nll = window_nll(self._model.graph, self._model.params, self._model.mesh, rows, len(texts), self._batch_rows)
        self._advance(len(requests))
        return [-float(nats) for nats in nll]

    def generate_until(self, requests: Sequence[Instance]) -> list[str]:
        """What the model writes after every context, up to a stop string. An answer has half of the context at most."""
        prompts = [
            ids.tolist() for ids in self._model.tokenizer.encode_batch([request.args[0] for request in requests])
        ]
        samplings = [self._sampling(request.args[1]) for request in requests]
        order = sorted(range(len(requests)), key=lambda n: (repr(samplings[n]), len(prompts[n]), n))
        answers: dict[int, str] = {}
        for numbers in _chunks(order, samplings, self._answers_at_once):

            def written(numbers: Sequence[int] = numbers) -> list[str]:
                found = generate(
                    self._model.graph,
                    self._model.params,
                    self._model.mesh,
                    [prompts[number] for number in numbers],
                    samplings[numbers[0]],
                    self._model.tokenizer.decode,
                    self._answers_at_once,
                )
                return [continuation.text for (continuation,) in found]

            answers |= dict(zip(numbers, self._journal.entry(written), strict=True))
            self._advance(len(numbers))
        return [answers[number] for number in range(len(requests))]

    def _sampling(self, asked: dict) -> Sampling:
        """The harness's settings of a generation as ours."""
        tokens = next((asked[name] for name in _TOKENS if asked.get(name)), self._max_tokens)
        until = asked.get("until") or ()
        return Sampling(
            max_tokens=min(int(tokens), self._model.context // 2),
            temperature=float(asked.get("temperature") or 0.0) if asked.get("do_sample", True) else 0.0,
            top_p=float(asked.get("top_p") or 1.0),
            stop=tuple(stop for stop in ([until] if isinstance(until, str) else until) if stop),
        )


def encode_pairs(model: ScoredModel, pairs: Sequence[tuple[str, str]]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The ids of contexts and continuations, as the harness cuts them.

    Both are encoded together, and as many ids as the context has on its own are left out of that, where a token may
    span them; spaces that end the context are the continuation's. Where nothing would be left of a continuation, one
    token having taken it up, it is encoded on its own (the harness stops there).
    """
    moved = []
    for context, continuation in pairs:
        kept = context.rstrip()
        moved.append((kept, context[len(kept) :] + continuation))
    eos = model.tokenizer.eos
    contexts = list(dict.fromkeys(context for context, _ in moved))
    ids_of = dict(zip(contexts, (ids.tolist() for ids in model.tokenizer.encode_batch(contexts)), strict=True))
    wholes = model.tokenizer.encode_batch([context + continuation for context, continuation in moved])
    found = []
    for (context, continuation), whole in zip(moved, wholes, strict=True):
        read = ids_of[context]
        found.append(((eos, *read), tuple(whole[len(read) :].tolist() or model.encode(continuation))))
    return found


def _chunks(order: Sequence[int], samplings: Sequence[Sampling], size: int) -> list[list[int]]:
    """Requests with the same settings together, so many at a time."""
    chunks: list[list[int]] = []
    for number in order:
        if chunks and len(chunks[-1]) < size and samplings[chunks[-1][0]] == samplings[number]:
            chunks[-1].append(number)
        else:
            chunks.append([number])
    return chunks
