"""Asks a model: from the cache where it has the answer, else over the wire, at the pace that the endpoint bears."""

import os
import threading
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from codemix.chat.cache import Cache
from codemix.chat.model import ChatModel
from codemix.chat.pace import Pace
from codemix.chat.wire import Failed, post
from codemix.errors import UserError

Message = dict[str, str]  # "role" and "content"

_LONGEST_WAIT = 60.0  # seconds between two attempts, where the endpoint does not ask for more
_LONGEST_PAUSE = 600.0  # that an endpoint may ask for
_IN_A_ROW = 10  # requests that fail one after the other, each for reasons of its own, are no accident


class Unanswered(Exception):
    """One request has no answer; others may have. `reason` in a few words."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Client:
    """A model that is asked. For any number of threads.

    Args:
        chat_model: which, and how it is asked.
        cache: where answers are kept.

    Attributes:
        counts: requests "sent", "cached", "retried"; tokens "read" and "written", as the endpoint counts them.
    """

    def __init__(self, chat_model: ChatModel, cache: Cache):
        self._chat_model = chat_model
        self._name = type(chat_model).__name__  # what errors call it
        self._cache = cache
        self._pace = Pace(chat_model.requests_per_minute)
        self._url = f"{chat_model.base_url.rstrip('/')}/chat/completions"
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
        chat_model = self._chat_model
        body: dict[str, Any] = {
            "model": model,
            "messages": list(messages),
            "temperature": temperature,
            "max_tokens": chat_model.most_tokens,
            "seed": seed,
        }
        if chat_model.answer_format:
            body["response_format"] = {"type": chat_model.answer_format}
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
        chat_model = self._chat_model
        key = self._key()
        wait = chat_model.first_wait
        for attempt in range(chat_model.retries + 1):
            if not self._pace.wait():
                raise Unanswered("stopped")
            try:
                answer = _answer(post(self._url, body, key, chat_model.timeout))
            except Failed as failure:
                if failure.kind == "forbidden":
                    raise UserError(self._sentence(failure.reason)) from None
                if failure.kind == "refused":
                    raise self._unanswered(failure.reason) from None
                if attempt == chat_model.retries:
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
        variable = self._chat_model.api_key_variable
        if not variable:
            return ""
        key = os.environ.get(variable, "").strip()
        if not key:
            raise UserError(
                f"{self._name}.api_key_variable names {variable}, which is not set; "
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
            f"{self._name}.base_url: {self._url} does not answer ({told}); "
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
