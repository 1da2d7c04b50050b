"""Collections of a model: files, repeats, replay without the endpoint, and going on after a kill."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from chat_server import Misdeed, running_chat
from in_process import Here, records
from model_author import EXERCISES, approval, author, is_review
from model_readers import Lines

from codemix.chat.cache import Cache
from codemix.chat.client import Client
from codemix.data.audit.config import Audit, Benchmark
from codemix.data.documents import Document
from codemix.data.records.files import Files
from codemix.data.records.records import Records
from codemix.data.records.schemas.problems import ProblemSolution
from codemix.errors import UserError
from codemix.sandbox import Limits, Sandbox
from codemix.store.atomic import read_json
from codemix.synthetic.model import generate
from codemix.synthetic.model.collection import Made, made
from codemix.synthetic.model.config import ModelGenerator
from codemix.synthetic.model.fragments import Fragments


def generator(url: str, **fields: Any) -> ModelGenerator:
    quick = {"requests_per_minute": 60_000.0, "first_wait": 0.01, "retries": 2, "timeout": 5.0}
    return ModelGenerator(url, "small", Lines(), **{**quick, **fields})


def test_problems_are_written_once_and_replayed_without_the_endpoint(tmp_path: Path) -> None:
    misdeeds: list[Misdeed] = [429, "cut", "html", 500]
    with running_chat(author, misdeeds) as chat:
        first = generate.generate_with_model(generator(chat.url), 10, tmp_path / "one", Here())
    written = records(tmp_path / "one")
    assert len(written) == first["kept"] == 3  # of the author's four one has too many equivalent mutants
    assert {record["name"] for record in written} == {"count_within", "spread", "pair_up"}
    assert first["requests"]["retried"] == 4
    repeated = sum(first["drops"].get(reason, {"count": 0})["count"] for reason in ("duplicate", "near-duplicate"))
    assert repeated + first["drops"]["level 4: too many mutants are presumed equivalent"]["count"] == 7
    assert first["levels"]["3 second solution"] == 10
    files = Files((str(tmp_path / "one" / "problems-*.jsonl.zst"),))
    layout = "{problem}{solution}{tests}"
    reader = Records(files, ProblemSolution(tests="tests", identity="id", layout=layout))
    documents = [document for shard in reader.shards() for document in reader.documents(shard)]
    assert [document.id for document in documents if isinstance(document, Document)] == [each["id"] for each in written]
    assert {"level", "model", "fragment", "style"} <= written[0].keys()

    os.rename(tmp_path / "one" / "answers", tmp_path / "answers")
    (tmp_path / "two").mkdir()
    os.rename(tmp_path / "answers", tmp_path / "two" / "answers")
    again = generate.generate_with_model(generator("http://127.0.0.1:9/v1"), 10, tmp_path / "two", Here())
    assert "sent" not in again["requests"]
    assert again["shards"] == first["shards"]
    assert generate.generate_with_model(generator("http://127.0.0.1:9/v1"), 10, tmp_path / "two", Here()) == again
    with pytest.raises(UserError, match="another count, model or version"):
        generate.generate_with_model(generator("http://127.0.0.1:9/v1", seed=2), 10, tmp_path / "two", Here())


def test_a_benchmarks_item_does_not_stay(tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text(json.dumps({"task": "Planted/0", "prompt": EXERCISES[0]["problem"]}) + "\n")
    audit = Audit((Benchmark("planted", (str(items),), text={"prompt": "prompt"}, id="task"),))
    with running_chat(author) as chat:
        manifest = generate.generate_with_model(generator(chat.url), 10, tmp_path / "out", Here(), audit)
    assert {record["name"] for record in records(tmp_path / "out")} == {"spread", "pair_up"}
    [reason] = [reason for reason in manifest["drops"] if reason.startswith("benchmark item")]
    assert "Planted/0" in reason


def collected(url: str, folder: Path, count: int, **fields: Any) -> list[Made]:
    asked = generator(url, **fields)
    with Sandbox(Limits(cpu_seconds=1.0)) as sandbox:
        client = Client(asked, Cache(folder))
        return list(made(asked, client, sandbox, Fragments(Lines(), asked.seed), range(count)))


def test_a_malformed_answer_is_asked_for_once_more(tmp_path: Path) -> None:
    def careless(request: dict[str, Any]) -> str:
        return author(request) if is_review(request) or len(request["messages"]) > 2 else "Here it is: {"

    with running_chat(careless) as chat:
        [one] = collected(chat.url, tmp_path, 1)
    assert (one.asked, one.answer is not None) == (2, True)
    assert chat.requests[1]["messages"][2] == {"role": "assistant", "content": "Here it is: {"}
    assert "not JSON" in chat.requests[1]["messages"][3]["content"]


def test_answers_that_stay_malformed_are_counted_by_reason(tmp_path: Path) -> None:
    def hopeless(request: dict[str, Any]) -> str:
        return ["", "[]", json.dumps({"name": "f"}), "no"][request["seed"] % 4]

    with running_chat(hopeless) as chat:
        found = collected(chat.url, tmp_path, 12)
    assert len(chat.requests) == 24
    assert [one.index for one in found] == list(range(12))
    reasons = {one.reason.removeprefix("malformed twice: ") for one in found}
    assert len(reasons) > 1
    assert reasons <= {"it is not JSON", "it is not a JSON object", "it has no 'problem'"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (approval({"readable": "no"}), "discriminator: not readable"),
        ("I think it is fine.", "discriminator: not complete"),
        (approval(), ""),
    ],
)
def test_the_discriminator_decides_about_what_passed(said: str, reason: str, tmp_path: Path) -> None:
    def model(request: dict[str, Any]) -> str:
        return said if is_review(request) else json.dumps(EXERCISES[0])

    with running_chat(model) as chat:
        [one] = collected(chat.url, tmp_path, 1, discriminator="judge")
    assert (one.verification.passed, one.reason) == (4, reason)
    assert [request["model"] for request in chat.requests] == ["small", "judge"]


def test_what_fails_a_level_is_not_shown_to_the_discriminator(tmp_path: Path) -> None:
    with running_chat(lambda request: json.dumps(EXERCISES[0] | {"tests": "assert True\n"})) as chat:
        [one] = collected(chat.url, tmp_path, 1)
    assert one.reason == "level 4: the tests leave mutants alive"
    assert len(chat.requests) == 1


def test_a_request_without_answer_is_one_drop(tmp_path: Path) -> None:
    with running_chat(author, [400]) as chat:
        found = collected(chat.url, tmp_path, 3, concurrent_requests=1)
    assert [one.reason for one in found].count("no answer: status 400") == 1


def test_an_endpoint_that_dies_loses_nothing(tmp_path: Path) -> None:
    with running_chat(author) as chat:
        chat.misdeeds.extend([None] * 4 + [401] * 20)  # type: ignore[list-item]
        with pytest.raises(UserError, match="does not answer"):
            collected(chat.url, tmp_path, 6, concurrent_requests=1)
        assert len(list(tmp_path.rglob("*.json"))) == 4
        chat.misdeeds.clear()
        before = len(chat.requests)
        found = collected(chat.url, tmp_path, 6)
        answers = len(list(tmp_path.rglob("*.json")))
    assert len(found) == 6
    assert len(chat.requests) - before == answers - 4


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent("""
            import sys
            from pathlib import Path
            from model_readers import Lines
            from test_model_generate import Here, generator
            from codemix.synthetic.model import generate
            generate.BLOCK = 2
            generate.generate_with_model(generator(sys.argv[1]), 6, Path(sys.argv[2]), Here())
        """)
    )
    tests = Path(__file__).parents[2]
    paths = os.pathsep.join(map(str, (tests, Path(__file__).parent)))
    with running_chat(author) as chat:
        run = [sys.executable, str(script), chat.url, str(tmp_path / "out")]
        process = subprocess.Popen(run, env=os.environ | {"PYTHONPATH": paths})
        deadline = time.monotonic() + 120
        while not list((tmp_path / "out").glob(".*.partial/00001.json")):
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "out" / "manifest.json").exists()
        kept = [json.loads(file.read_text())["request"] for file in (tmp_path / "out" / "answers").rglob("*.json")]
        before = len(chat.requests)
        subprocess.run(run, env=os.environ | {"PYTHONPATH": paths}, check=True, timeout=120)
    assert len(kept) >= 4
    assert not any(request in kept for request in chat.requests[before:])
    assert read_json(tmp_path / "out" / "manifest.json")["levels"]["3 second solution"] == 6
    assert not list((tmp_path / "out").glob(".*"))
