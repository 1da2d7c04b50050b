"""Digests of files are those of their contents, whatever is remembered of them and whatever befell the memory."""

import multiprocessing
import os
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import xxhash

from codemix.errors import UserError
from codemix.store import digests
from codemix.store.digests import cache_file, file_digests

HOUR = 3600


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache_file()


def write(path: Path, content: bytes, age: float = HOUR) -> Path:
    path.write_bytes(content)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def expected(*contents: bytes) -> list[str]:
    return [xxhash.xxh3_128_hexdigest(content) for content in contents]


def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read from now on."""
    read: list[str] = []
    original = digests._digest
    monkeypatch.setattr(digests, "_digest", lambda path: read.append(path) or original(path))
    return read


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [write(tmp_path / name, name.encode()) for name in "abc"]
    read = read_files(monkeypatch)
    assert file_digests(paths) == expected(b"a", b"b", b"c")
    assert len(read) == 3
    (tmp_path / "link").symlink_to(paths[2])
    assert file_digests([tmp_path / "link", *paths, paths[0]]) == expected(b"c", b"a", b"b", b"c", b"a")
    assert len(read) == 3


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a", b"one")
    file_digests([path])
    read = read_files(monkeypatch)
    assert file_digests([write(path, b"two", age=HOUR / 2)]) == expected(b"two")  # another time
    replacement = write(tmp_path / "b", b"six", age=HOUR)
    os.utime(replacement, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    replacement.rename(path)  # of the same time and size
    assert file_digests([path]) == expected(b"six")
    assert len(read) == 2


def test_a_file_that_has_just_been_written_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a", b"one", age=0)
    file_digests([path])
    read = read_files(monkeypatch)
    file_digests([path])
    assert len(read) == 1


@pytest.mark.parametrize("damage", ["garbage", "folder", "no parent", "another table"])
def test_a_cache_that_cannot_be_used_is_not_used(tmp_path: Path, cache: Path, damage: str) -> None:
    path = write(tmp_path / "a", b"one")
    if damage == "no parent":
        cache.parent.parent.write_bytes(b"a file")
    else:
        cache.parent.mkdir(parents=True)
    if damage == "garbage":
        cache.write_bytes(b"no database " * 1000)
    if damage == "folder":
        cache.mkdir()
    if damage == "another table":
        with sqlite3.connect(cache) as database:
            database.execute("CREATE TABLE digests (something TEXT)")
    for _ in range(2):
        assert file_digests([path]) == expected(b"one")


def test_several_processes_at_once(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{number}", b"%d" % number) for number in range(300)]
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as executor:
        found = list(executor.map(file_digests, [paths, paths[::-1], paths]))
    right = expected(*(b"%d" % number for number in range(300)))
    assert found == [right, right[::-1], right]


def test_what_was_read_before_an_interruption_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [write(tmp_path / f"{number:02d}", b"%d" % number) for number in range(40)]
    monkeypatch.setattr(digests, "_SAVE_SECONDS", 0.0)
    monkeypatch.setattr(digests, "_THREADS", 1)
    read = read_files(monkeypatch)
    broken = tmp_path / "20"
    broken.unlink()
    broken.mkdir()  # cannot be read, not even by root
    with pytest.raises(UserError, match=r"20: the file cannot be read \(Is a directory\)"):
        file_digests(paths)
    read.clear()
    broken.rmdir()
    write(broken, b"20")
    assert file_digests(paths) == expected(*(b"%d" % number for number in range(40)))
    assert len(read) < 40


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none: the file cannot be read \(No such file"):
        file_digests([tmp_path / "none"])
