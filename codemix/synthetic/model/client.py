"""Asks a model: from the cache where it has the answer, else over the wire, at the pace that the endpoint bears."""

import os
import threading
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from codemix.errors import UserError
from codemix.synthetic.model.cache import Cache
from codemix.synthetic.model.config import ModelGenerator
from codemix.synthetic.model.pace import Pace
from codemix.synthetic.model.styles import Message
from codemix.synthetic.model.wire import Failed, post

_LONGEST_WAIT = 60.0  # seconds between two attempts, where the endpoint does not ask for more
_LONGEST_PAUSE = 600.0  # that an endpoint may ask for
_IN_A_ROW = 10  # requests that fail one after the other, each for reasons of its own, are no accident


class Unanswered(Exception):
    """One request has no answer; others may have. `reason` in a few words."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Client:
    """An endpoint. For any number of threads.

    Args:
        generator: which endpoint, and how it is asked.
        cache: where answers are kept.

    Attributes:
        counts: requests "sent", "cached", "retried"; tokens "read" and "written", as the endpoint counts them.
    """

    def __init__(self, generator: ModelGenerator, cache: Cache):
        self._generator = generator
        self._cache = cache
        self._pace = Pace(generator.requests_per_minute)
        self._url = f"{generator.base_url.rstrip('/')}/chat/completions"
        self._failures = 0
        self._lock = threading.Lock()
        self._jitter = Random()
        self.counts: Counter[str] = Counter()

    def ask(self, messages: Sequence[Message], model: str, temperature: float, seed: int) -> tuple[str, str]:
        """The text that the model answers, and why it ended: "stop", "length"….

        Raises:
            Unanswered: this request has no answer.
            UserError: the endpoint has none for anybody.
        """
        generator = self._generator
        body: dict[str, Any] = {
            "model": model,
            "messages": list(messages),
            "temperature": temperature,
            "max_tokens": generator.most_tokens,
            "seed": seed,
        }
        if generator.answer_format:
            body["response_format"] = {"type": generator.answer_format}
        answer = self._cache.get(body)
        if answer is None:
            answer = self._over_the_wire(body)
            self._cache.put(body, answer)
            self._count(sent=1)
        else:
            self._count(cached=1)
        self._count(read=answer["tokens_read"], written=answer["tokens_written"])
        return answer["content"], answer["finish_reason"]

    def stop(self) -> None:
        """Ends every wait; what is asked from now on is Unanswered."""
        self._pace.stop()

    def _over_the_wire(self, body: dict[str, Any]) -> dict[str, Any]:
        generator = self._generator
        key = self._key()
        wait = generator.first_wait
        for attempt in range(generator.retries + 1):
            if not self._pace.wait():
                raise Unanswered("stopped")
            try:
                answer = _answer(post(self._url, body, key, generator.timeout))
            except Failed as failure:
                if failure.kind == "forbidden":
                    raise UserError(self._sentence(failure.reason)) from None
                if failure.kind == "refused":
                    raise self._unanswered(failure.reason) from None
                if attempt == generator.retries:
                    if failure.kind == "slow":
                        raise self._unanswered(failure.reason) from None
                    raise UserError(self._sentence(failure.reason, attempt + 1)) from None
                self._count(retried=1)
                if failure.wait is not None:
                    self._pace.pause(min(failure.wait, _LONGEST_PAUSE))
                else:
                    self._pace.sleep(wait * self._jitter.uniform(0.5, 1.0))
                    wait = min(2 * wait, _LONGEST_WAIT)
            else:
                with self._lock:
                    self._failures = 0
                return answer
        raise AssertionError("unreachable")

    def _key(self) -> str:
        variable = self._generator.api_key_variable
        if not variable:
            return ""
        key = os.environ.get(variable, "").strip()
        if not key:
            raise UserError(
                f"ModelGenerator.api_key_variable names {variable}, which is not set; "
                "set it to the endpoint's key, or name another variable."
            )
        return key

    def _unanswered(self, reason: str) -> Exception:
        with self._lock:
            self._failures += 1
            failures = self._failures
        if failures >= _IN_A_ROW:
            return UserError(self._sentence(reason, failures))
        return Unanswered(reason)

    def _sentence(self, reason: str, times: int = 1) -> str:
        told = f"{reason}, {times} times in a row" if times > 1 else reason
        return (
            f"ModelGenerator.base_url: {self._url} does not answer ({told}); "
            "check address, model and key, and start again: every answer so far is kept."
        )

    def _count(self, **more: int) -> None:
        with self._lock:
            self.counts.update(more)


def _answer(completion: Any) -> dict[str, Any]:
    """What of a chat completion is kept. Raises Failed where it is none."""
    try:
        choice = completion["choices"][0]
        content = choice["message"]["content"]
        reason = choice.get("finish_reason") or "stop"
        usage = completion.get("usage") or {}
        tokens = [usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens")]
    except (KeyError, IndexError, TypeError, AttributeError):
        raise Failed("again", "the answer is no chat completion") from None
    content = "" if content is None else content  # a refusal
    if not isinstance(content, str) or not isinstance(reason, str):
        raise Failed("again", "the answer is no chat completion")
    read, written = (count if isinstance(count, int) else 0 for count in tokens)
    return {"content": content, "finish_reason": reason, "tokens_read": read, "tokens_written": written}
