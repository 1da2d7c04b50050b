import dataclasses
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from folder_corpora import folder_corpora, tree

import codemix
from codemix.data import prepare as prepare_module
from codemix.data.pool import worker_pool
from codemix.data.prepare import prepare
from codemix.data.tokenizer import TokenizerFile
from codemix.data.tokenizer_loading import load_tokenizer
from codemix.errors import UserError
from codemix.store.token_store import TokenStore


def prepare_elsewhere(folder: Path, home: Path) -> subprocess.Popen[bytes]:
    """Prepares the folder corpora in another process."""
    script = Path(__file__).with_name("folder_corpora.py")
    path = os.pathsep.join([str(Path(codemix.__file__).parents[1]), *sys.path])
    return subprocess.Popen(
        [sys.executable, str(script), str(folder), str(home)], env=os.environ | {"PYTHONPATH": path}
    )


def test_a_store_says_what_it_holds(prepared):
    corpora, home = prepared.corpora, prepared.home
    tokenizer = load_tokenizer(corpora.tokenizer_path(home))
    for task in corpora.tasks:
        store = TokenStore(corpora.store_path(home, task))
        store.verify()
        manifest = store.manifest
        assert manifest["key"] == corpora.store_key(task)
        assert (manifest["task"], manifest["family"]) == (task, corpora.source(task).family)
        assert (store.eos, store.vocab_size) == (tokenizer.eos, 300)
        assert (home / manifest["tokenizer"]["path"]).is_file()
        assert manifest["tokenizer"]["fingerprint"] == tokenizer.fingerprint
        (counts,) = manifest["languages"].values()
        for what, count in counts.items():
            assert count == sum(store.count(split, what) for split in ("train", "heldout"))
        assert manifest["bytes_per_token"] == counts["bytes"] / counts["tokens"]

        sequence = store.sequence("heldout")
        for document in sequence.documents():
            ids = sequence.read(document["start"], document["start"] + document["tokens"])
            text = (prepared.folder / document["language"] / document["document"]).read_text()
            assert tokenizer.decode(ids) == text
            assert len(text.encode()) == document["bytes"]
            assert sequence.read(document["start"] + len(ids), document["start"] + len(ids) + 1) == [tokenizer.eos]


def test_finished_is_a_no_op(prepared, monkeypatch: pytest.MonkeyPatch):
    before = tree(prepared.home)

    def worker_pool(count: int | None) -> None:
        raise AssertionError("nothing was to be done")

    monkeypatch.setattr(prepare_module, "worker_pool", worker_pool)
    start = time.perf_counter()
    stores = prepare(prepared.corpora, prepared.corpora.tasks, prepared.home)
    assert time.perf_counter() - start < 0.5
    assert stores == {task: prepared.corpora.store_path(prepared.home, task) for task in prepared.corpora.tasks}
    assert tree(prepared.home) == before


def test_killed_at_any_point_it_ends_in_the_same_bytes(prepared, tmp_path: Path):
    home = tmp_path / "home"

    def some(pattern: str) -> Callable[[], bool]:
        return lambda: any(home.glob(pattern))

    points = {
        "reading": some("documents/.text-*.partial/*.parquet"),
        "between two sources": some("documents/text-*/manifest.json"),
        "the tokenizer": some("tokenizers/*/tokenizer.json"),
        "the first shard": some("tokens/text-*/train/*.documents.parquet"),
        "the first store": some("tokens/text-*/manifest.json"),
    }
    for point, reached in points.items():
        process = prepare_elsewhere(prepared.folder, home)
        while not reached() and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL, point
    assert prepare_elsewhere(prepared.folder, home).wait() == 0
    assert tree(home) == tree(prepared.home)


def test_a_given_tokenizer_is_copied_beside_the_stores(prepared, tmp_path: Path):
    file = prepared.corpora.tokenizer_path(prepared.home)
    corpora = dataclasses.replace(prepared.corpora, tokenizer=TokenizerFile(str(file)))
    stores = prepare(corpora, ["text"], tmp_path / "home", worker_pool(1))
    assert list(stores) == ["text"]
    assert corpora.tokenizer_path(tmp_path / "home").read_bytes() == file.read_bytes()
    assert not list((tmp_path / "home" / "documents").glob("web_code-*"))  # nobody asked for it
    ours = TokenStore(stores["text"]).sequence("train")
    theirs = TokenStore(prepared.corpora.store_path(prepared.home, "text")).sequence("train")
    assert (ours.read(0, len(ours)) == theirs.read(0, len(theirs))).all()


def test_an_unknown_task_is_told(prepared):
    with pytest.raises(UserError, match="no task 'markup'"):
        prepare(prepared.corpora, ["markup"], prepared.home)


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path):
    corpora = folder_corpora(tmp_path / "files")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/home: cannot be written.*--home"):
        prepare(corpora, corpora.tasks, tmp_path / "file" / "home", worker_pool(1))


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(prepare_module, "collect", full)
    corpora = folder_corpora(tmp_path / "files")
    with pytest.raises(UserError, match=r"No space left on device.*make room"):
        prepare(corpora, corpora.tasks, tmp_path / "home", worker_pool(1))
