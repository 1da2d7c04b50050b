"""The client against an endpoint on this machine that misbehaves in every way that endpoints do."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from chat_server import KEY, Chat, Misdeed, running_chat
from model_readers import Lines

from codemix.chat.cache import Cache
from codemix.chat.client import Client, Unanswered
from codemix.errors import UserError
from codemix.synthetic.model.config import ModelGenerator

MESSAGES = ({"role": "user", "content": "hello"},)


def echo(request: dict[str, Any]) -> str:
    return f"{request['messages'][-1]['content']} {request['seed']}"


def client(url: str, folder: Path, **fields: Any) -> Client:
    quick = {"requests_per_minute": 60_000.0, "first_wait": 0.01, "retries": 3, "timeout": 0.5}
    return Client(ModelGenerator(url, "small", Lines(), **{**quick, **fields}), Cache(folder))


def ask(asked: Client, seed: int = 1) -> str:
    return asked.ask(MESSAGES, "small", 0.5, seed)[0]


@pytest.mark.parametrize(
    "misdeed", [429, 500, 502, 503, 408, "cut", "silent", "drip", "html", "wrong", "later", "date"]
)
def test_what_passes_is_asked_again(misdeed: Misdeed, tmp_path: Path) -> None:
    with running_chat(echo, [misdeed, misdeed]) as chat:
        asked = client(chat.url, tmp_path)
        assert ask(asked) == "hello 1"
    assert len(chat.requests) == 3
    assert (asked.counts["sent"], asked.counts["retried"]) == (1, 2)


def test_the_endpoints_own_wait_holds_for_all_threads(tmp_path: Path) -> None:
    with running_chat(echo, ["later"]) as chat:
        asked = client(chat.url, tmp_path)
        with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(4) as others:
            one = first.submit(ask, asked, 0)
            while not asked.counts["retried"]:
                time.sleep(0.01)
            answers = list(others.map(lambda seed: ask(asked, seed), range(1, 5)))
            assert [one.result(), *answers] == [f"hello {seed}" for seed in range(5)]
    assert min(chat.times[1:]) - chat.times[0] >= 0.45


def test_no_more_requests_a_minute_than_agreed(tmp_path: Path) -> None:
    with running_chat(echo) as chat:
        asked = client(chat.url, tmp_path, requests_per_minute=1200.0)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda seed: ask(asked, seed), range(8)))
    assert max(chat.times) - min(chat.times) >= 7 * 0.05 - 0.02


def test_an_answer_without_end_costs_its_item_and_no_more(tmp_path: Path) -> None:
    with running_chat(echo, ["endless"]) as chat:
        asked = client(chat.url, tmp_path, retries=0, timeout=20.0)
        with pytest.raises(Unanswered, match="no end"):
            ask(asked)
        assert ask(asked, 2) == "hello 2"


def test_a_refused_request_is_not_repeated(tmp_path: Path) -> None:
    with running_chat(echo, [400]) as chat:
        asked = client(chat.url, tmp_path)
        with pytest.raises(Unanswered, match="status 400"):
            ask(asked)
        assert ask(asked) == "hello 1"  # a refusal is not kept
    assert len(chat.requests) == 2


def test_an_endpoint_that_refuses_everything_is_told_of(tmp_path: Path) -> None:
    with running_chat(echo, [422] * 10) as chat:
        asked = client(chat.url, tmp_path)
        for seed in range(9):
            with pytest.raises(Unanswered):
                ask(asked, seed)
        with pytest.raises(UserError, match="status 422, 10 times in a row"):
            ask(asked, 9)


@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_a_wrong_key_address_or_model_ends_at_once(status: int, tmp_path: Path) -> None:
    with running_chat(echo, [status]) as chat, pytest.raises(UserError, match=f"status {status}"):
        ask(client(chat.url, tmp_path))
    assert len(chat.requests) == 1


def test_a_dead_endpoint_is_told_in_one_sentence(tmp_path: Path) -> None:
    with running_chat(echo) as chat:
        url = chat.url
    with pytest.raises(UserError, match=r"ModelGenerator.base_url: .* does not answer .* 4 times in a row"):
        ask(client(url, tmp_path))


def test_answers_are_kept_and_replayed_without_endpoint_or_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_KEY", KEY)
    with running_chat(echo) as chat:
        ask(client(chat.url, tmp_path, api_key_variable="CHAT_KEY"))
    assert chat.keys == [KEY]
    assert not any(KEY in file.read_text() for file in tmp_path.rglob("*.json"))
    monkeypatch.delenv("CHAT_KEY")
    replayed = client("http://127.0.0.1:9/v1", tmp_path, api_key_variable="CHAT_KEY")
    assert ask(replayed) == "hello 1"
    assert replayed.counts["sent"] == 0
    with pytest.raises(UserError, match="CHAT_KEY, which is not set"):
        ask(replayed, 2)


def test_a_damaged_answer_is_asked_for_again(tmp_path: Path) -> None:
    with running_chat(echo) as chat:
        ask(client(chat.url, tmp_path))
        [file] = tmp_path.rglob("*.json")
        for damage in ("", "{", "[]", json.dumps({"request": {}, "answer": {}})):
            file.write_text(damage)
            assert ask(client(chat.url, tmp_path)) == "hello 1"
    assert len(chat.requests) == 5


def test_stop_ends_a_long_wait(tmp_path: Path) -> None:
    with running_chat(echo, [503] * 4) as chat:
        asked = client(chat.url, tmp_path, first_wait=60.0)
        timer = threading.Timer(0.2, asked.stop)
        timer.start()
        with pytest.raises(Unanswered, match="stopped"):
            ask(asked)
    assert len(chat.requests) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"base_url": "localhost:80"}, "base_url"),
        ({"model": ""}, "model"),
        ({"styles": ("poem",)}, "styles"),
        ({"styles": ()}, "styles"),
        ({"temperature": 3.0}, "temperature"),
        ({"concurrent_requests": 0}, "concurrent_requests"),
        ({"retries": -1}, "retries"),
        ({"requests_per_minute": 0.0}, "requests_per_minute"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_field(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=rf"^ModelGenerator\.{told} is "):
        ModelGenerator(**{"base_url": "http://here/v1", "model": "small", "fragments": Lines(), **fields})


def test_the_key_of_a_collection_is_of_what_is_asked() -> None:
    def key(**fields: Any) -> str:
        return ModelGenerator(
            **{"base_url": "http://here/v1", "model": "small", "fragments": Lines(), **fields}
        ).fingerprint()

    assert key() == key(base_url="http://there/v1", retries=1, requests_per_minute=5.0, api_key_variable="KEY")
    changed = [key(model="large"), key(temperature=0.1), key(seed=2), key(styles=("concept",)), key(discriminator="x")]
    assert len({key(), *changed}) == 6


def test_the_server_of_these_tests_is_an_endpoint(tmp_path: Path) -> None:
    with running_chat(echo) as chat:
        assert isinstance(chat, Chat)
        ask(client(f"{chat.url}/", tmp_path))
    body = chat.requests[0]
    assert body == {
        "model": "small",
        "messages": [{"role": "user", "content": "hello"}],
        "temperature": 0.5,
        "max_tokens": 4096,
        "seed": 1,
        "response_format": {"type": "json_object"},
    }
