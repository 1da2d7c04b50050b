import dataclasses
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from folder_corpora import FolderReader, folder_corpora

from codemix.data.corpora import Corpora
from codemix.data.source import Source
from codemix.data.tokenizer import TokenizerFile, TrainedTokenizer
from codemix.errors import UserError

SOURCE = Source("text", "text", FolderReader("/nowhere"))
TOKENIZER = TrainedTokenizer(300, {"text": 1.0})


def test_mixtures_resolve_to_tasks(tmp_path: Path):
    shares = folder_corpora(tmp_path).resolve({"mostly_code": 1}, "here")
    assert shares == {"text": Fraction(1, 5), "web_code": Fraction(4, 5)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sources": ()}, "sources is empty"),
        ({"sources": (SOURCE, SOURCE)}, "two named 'text'"),
        ({"mixtures": {"text": {"text": 1.0}}}, "source and a mixture"),
        ({"mixtures": {"all": {"code": 1.0}}}, "mixture 'all'.*no task or mixture 'code'"),
        ({"tokenizer": TrainedTokenizer(300, {"code": 1.0})}, r"TrainedTokenizer\.mixture.*'code'"),
        ({"tokenizer": TrainedTokenizer(300, {})}, r"TrainedTokenizer\.mixture.*sum to zero"),
    ],
)
def test_a_profile_that_cannot_be_is_told(changes: dict, message: str):
    with pytest.raises(UserError, match=message):
        dataclasses.replace(Corpora("profile", (SOURCE,), {}, TOKENIZER), **changes)


def test_an_unknown_task_is_told():
    with pytest.raises(UserError, match=r"no task 'code'; there are text\."):
        Corpora("profile", (SOURCE,), {}, TOKENIZER).source("code")


def test_keys_change_with_what_they_stand_for_and_with_nothing_else(tmp_path: Path):
    corpora = folder_corpora(tmp_path)
    keys = {task: corpora.store_key(task) for task in corpora.tasks}
    assert keys == {task: folder_corpora(tmp_path).store_key(task) for task in corpora.tasks}

    renamed = dataclasses.replace(corpora, name="other", mixtures={**corpora.mixtures, "more": {"text": 1.0}})
    assert {task: renamed.store_key(task) for task in corpora.tasks} == keys
    larger = dataclasses.replace(corpora, tokenizer=dataclasses.replace(corpora.tokenizer, vocab_size=321))
    assert all(larger.store_key(task) != keys[task] for task in corpora.tasks)
    text, code = corpora.sources
    cut = dataclasses.replace(corpora, sources=(text, dataclasses.replace(code, budget_bytes=10_000)))
    assert cut.store_key("web_code") != keys["web_code"]
    assert cut.store_key("text") != keys["text"]  # its tokenizer learns from the code


def test_with_a_given_tokenizer_tasks_do_not_depend_on_each_other(prepared):
    file = TokenizerFile(str(prepared.corpora.tokenizer_path(prepared.home)))
    corpora = dataclasses.replace(prepared.corpora, tokenizer=file)
    text, code = corpora.sources
    cut = dataclasses.replace(corpora, sources=(text, dataclasses.replace(code, budget_bytes=10_000)))
    assert cut.store_key("text") == corpora.store_key("text") != prepared.corpora.store_key("text")
    assert cut.store_key("web_code") != corpora.store_key("web_code")


def test_planning_and_training_import_no_tensorflow():
    script = (
        "import sys, codemix.data.corpora, codemix.data.local, codemix.data.filters\n"
        "heavy = {'tensorflow', 'seqio', 'apache_beam', 'tiktoken', 'tokenizers', 'jax'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "import codemix.data.prepare\n"
        "heavy = {'tensorflow', 'seqio', 'apache_beam', 'jax'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
