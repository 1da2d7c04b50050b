"""SeqIO's users: importing a module registers the prepared tasks of a profile, on formats of the literature."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codemix.data.pool import worker_pool
from codemix.data.prepare import prepare
from codemix.store.token_store import TokenStore
from codemix.study.gin_files import load_corpora

PROFILE = """
Corpora.name = 'few'
Corpora.sources = [@text/Source(), @instruct/Source(), @none/Source()]
Corpora.mixtures = {'both': {'text': 0.75, 'instruct': 0.25}}
Corpora.tokenizer = @TrainedTokenizer()
TrainedTokenizer.vocab_size = 300
TrainedTokenizer.mixture = {'text': 1}
Source.family = 'text'
Source.heldout_share = 0.2
text/Source.name = 'text'
text/Source.reader = @text/Records()
text/Records.origin = @text/Files()
text/Files.patterns = ['$FEW/*.jsonl']
text/Records.schema = @SlimPajama()
instruct/Source.name = 'instruct'
instruct/Source.reader = @instruct/Records()
instruct/Records.origin = @instruct/Files()
instruct/Files.patterns = ['$FEW/answers.json']
instruct/Records.schema = @PromptResponse()
none/Source.name = 'none'
none/Source.reader = @none/Records()
none/Records.origin = @none/Files()
none/Files.patterns = ['$FEW/nothing.parquet']
none/Records.schema = @SlimPajama()
"""

READ = """
import codemix.seqio_tasks, json, seqio
read = {}
for split in ("train", "heldout"):
    for task in ("text", "instruct"):
        examples = seqio.get_mixture_or_task(task).get_dataset(None, split, shuffle=False)
        read[f"{task}/{split}"] = [int(token) for e in examples.as_numpy_iterator() for token in e["targets"]]
names = [name for name in seqio.MixtureRegistry.names()]
print(json.dumps({"read": read, "mixtures": names, "tasks": [n for n in seqio.TaskRegistry.names()]}))
"""


def seqio_says(**environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", READ], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_the_tasks_yield_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"text": f"Line {n} of a text about {n * n} things.", "meta": {"redpajama_set_name": "RedPajamaC4"}}
        for n in range(60)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answers = [{"instruction": f"Square {n}.", "input": "", "output": f"It is {n * n}."} for n in range(40)]
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    (tmp_path / "few.gin").write_text(PROFILE)
    monkeypatch.setenv("FEW", str(tmp_path))
    corpora = load_corpora(tmp_path / "few.gin")
    home = tmp_path / "home"
    prepare(corpora, ["text", "instruct"], home, worker_pool(1))

    finished = seqio_says(CODEMIX_CORPORA=str(tmp_path / "few.gin"), CODEMIX_HOME=str(home))
    assert finished.returncode == 0, finished.stderr
    told = json.loads(finished.stdout.splitlines()[-1])
    for task in ("text", "instruct"):
        store = TokenStore(corpora.store_path(home, task))
        for split in ("train", "heldout"):
            sequence = store.sequence(split)
            assert told["read"][f"{task}/{split}"] == sequence.read(0, len(sequence)).tolist()
    assert "both" in told["mixtures"]
    assert {"text", "instruct"} <= set(told["tasks"])
    assert "none" not in told["tasks"]


@pytest.mark.parametrize(
    ("corpora", "sentence"),
    [("", "CODEMIX_CORPORA is not set"), ("gin/corpora/local.gin", "no task of gin/corpora/local.gin is prepared")],
)
def test_what_is_missing_is_told(corpora: str, sentence: str, tmp_path: Path) -> None:
    finished = seqio_says(CODEMIX_CORPORA=corpora, CODEMIX_HOME=str(tmp_path))
    assert sentence in finished.stderr
