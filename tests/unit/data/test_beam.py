"""Beam as the pool of workers, on runners that need no cluster. This module is imported by their workers, too."""

import contextlib
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest
from folder_corpora import tree

import codemix
from codemix.data import beam
from codemix.data.beam import beam_pool
from codemix.data.pool import Pool, worker_pool
from codemix.data.prepare import prepare
from codemix.errors import UserError
from codemix.store.paths import open_folder

pytest.importorskip("apache_beam", reason="needs pip install 'codemix[beam]'")

ROOT = Path(codemix.__file__).parents[1]
DIRECT = ("DirectRunner", ())
PORTABLE = ("PortableRunner", ("--job_endpoint=embed", "--environment_type=LOOPBACK"))
SENTENCE = "corpus.jsonl:3: there is no text; name its field in Rows.text."


class PeculiarError(Exception):
    """Cannot be unpickled: its argument is not what it says."""

    def __init__(self, number: int, reason: str):
        super().__init__(f"{reason} {number}")


def squared(number: int, folder: Path) -> tuple[int, int]:
    (folder / str(number)).write_text("")
    return number * number, os.getpid()


def slowly_squared(number: int, folder: Path) -> tuple[int, int]:
    time.sleep(0.05)
    return squared(number, folder)


def fails(number: int, how: str) -> int:
    if number == 3 and how == "told":
        raise UserError(SENTENCE)
    if number == 3 and how == "disk":
        raise OSError(28, "No space left on device", "/somewhere")
    if number == 3 and how == "peculiar":
        raise PeculiarError(number, "fell over")
    return number


def hides_further_calls(number: int, scratch: Path) -> int:
    """As if another worker did not see the folder."""
    for file in scratch.rglob("calls-*"):
        if not file.name.endswith("00000"):
            file.unlink()
    return number


@pytest.mark.parametrize(("runner", "options"), [DIRECT, PORTABLE], ids=["direct", "portable"])
def test_results_come_in_order_and_leave_nothing(
    tmp_path: Path, runner: str, options: tuple[str, ...], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "apache_beam")
    calls = [(number, tmp_path) for number in range(600)]  # in more than one file
    with beam_pool(runner, options, tmp_path / "scratch") as pool:
        results = list(pool.map_in_order(squared, calls))
        assert list(pool.map_in_order(squared, [])) == []
    assert [square for square, _ in results] == [number * number for number in range(600)]
    assert not (tmp_path / "scratch").exists()
    assert not [r for r in caplog.records if "PrismRunner" in r.getMessage()]  # which would be downloaded


@pytest.mark.parametrize(("runner", "options"), [DIRECT, PORTABLE], ids=["direct", "portable"])
def test_a_consumer_that_has_enough_ends_the_work(tmp_path: Path, runner: str, options: tuple[str, ...]):
    calls = [(number, tmp_path) for number in range(1000)]
    with beam_pool(runner, options, tmp_path / "scratch") as pool:
        results = pool.map_in_order(slowly_squared, calls)
        assert [next(results)[0] for _ in range(3)] == [0, 1, 4]
        results.close()
        done = {path.name for path in tmp_path.iterdir()} - {"scratch"}
        assert {"0", "1", "2"} <= done
        assert len(done) < 900
        time.sleep(0.3)
        assert {path.name for path in tmp_path.iterdir()} - {"scratch"} == done  # no call is running
        assert list((tmp_path / "scratch").iterdir()) == []
        assert [s for s, _ in pool.map_in_order(squared, calls[:2])] == [0, 1]  # the pool is as good as before


def test_worker_processes_find_what_they_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), str(ROOT), *sys.path]))
    options = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    with beam_pool("DirectRunner", options, tmp_path / "scratch") as pool:
        results = list(pool.map_in_order(slowly_squared, [(number, tmp_path) for number in range(20)]))
    assert [square for square, _ in results] == [number * number for number in range(20)]
    assert os.getpid() not in {pid for _, pid in results}
    assert len({pid for _, pid in results}) == 2


def test_what_the_user_can_mend_comes_back_as_it_was_told(tmp_path: Path):
    with (
        beam_pool(*DIRECT, tmp_path / "scratch") as pool,
        pytest.raises(UserError, match=f"^{re.escape(SENTENCE)}$"),
    ):
        list(pool.map_in_order(fails, [(number, "told") for number in range(5)]))


@pytest.mark.parametrize(("runner", "options"), [DIRECT, PORTABLE], ids=["direct", "portable"])
def test_other_exceptions_come_back(tmp_path: Path, runner: str, options: tuple[str, ...]):
    with beam_pool(runner, options, tmp_path / "scratch") as pool:
        with pytest.raises(OSError, match="No space left on device") as full:
            list(pool.map_in_order(fails, [(number, "disk") for number in range(5)]))
        assert (full.value.errno, full.value.filename) == (28, "/somewhere")
        assert "in fails" in full.value.__notes__[0]  # where it was
        with pytest.raises(RuntimeError, match=r"^PeculiarError: fell over 3$"):
            list(pool.map_in_order(fails, [(number, "peculiar") for number in range(5)]))


@pytest.mark.parametrize(("runner", "options"), [DIRECT, PORTABLE], ids=["direct", "portable"])
def test_a_folder_that_workers_do_not_see_is_told(tmp_path: Path, runner: str, options: tuple[str, ...]):
    scratch = tmp_path / "scratch"
    with (
        beam_pool(runner, options, scratch) as pool,
        pytest.raises(UserError, match=r"^.*scratch/.* does not see this folder; give --data a bucket, or .* share\.$"),
    ):
        list(pool.map_in_order(hides_further_calls, [(number, scratch) for number in range(300)]))


def test_workers_with_another_codemix_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(beam, "__version__", "0.0.1")  # of the caller; the worker process has its own
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), str(ROOT), *sys.path]))
    with (
        beam_pool("DirectRunner", ("--direct_running_mode=multi_processing",), tmp_path / "scratch") as pool,
        pytest.raises(UserError, match=r"^Beam's workers have codemix .*, not 0\.0\.1; build .*Dockerfile anew\.$"),
    ):
        list(pool.map_in_order(squared, [(1, tmp_path)]))


@pytest.mark.parametrize(
    ("runner", "options", "reason"),
    [
        ("SparkleRunner", (), "SparkleRunner"),
        ("DataflowRunner", (), "gcp|project"),
        ("DirectRunner", ("--direct_num_workers=many",), "direct_num_workers: invalid int value: 'many'"),
    ],
)
def test_a_runner_or_option_that_beam_does_not_take_is_told(
    tmp_path: Path, runner: str, options: tuple[str, ...], reason: str
):
    with (
        pytest.raises(UserError, match=rf"^--runner {runner}: Beam does not take it \(.*({reason}).*\); correct"),
        beam_pool(runner, options, tmp_path / "scratch"),
    ):
        raise AssertionError("it was taken")


def test_without_beam_the_mend_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with (
        pytest.raises(UserError, match=r"not installed: pip install 'codemix\[beam\]'\.$"),
        beam_pool(*DIRECT, tmp_path / "scratch"),
    ):
        raise AssertionError("it was there")


class Stopping:
    """A pool whose consumer is stopped after a few results, as a killed one is."""

    def __init__(self, pool: Pool, results: int):
        self._pool, self._results = pool, results

    def map_in_order(
        self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]
    ) -> Generator[Any, None, None]:
        for result in self._pool.map_in_order(function, calls):
            if not self._results:
                raise KeyboardInterrupt
            self._results -= 1
            yield result


def test_the_stores_have_the_same_bytes_however_they_were_prepared(prepared, tmp_path: Path):
    """One worker, four, Beam, and Beam that was stopped along the way; the fixture has two."""
    corpora, expected = prepared.corpora, tree(prepared.home)
    for name, pool in {
        "one": worker_pool(1),
        "four": worker_pool(4),
        "beam": beam_pool(*DIRECT, tmp_path / "beam" / ".beam"),
    }.items():
        prepare(corpora, corpora.tasks, tmp_path / name, pool)
        assert tree(tmp_path / name) == expected, name

    home = tmp_path / "stopped"
    for results in (2, 7):
        with beam_pool(*DIRECT, tmp_path / "scratch") as pool, pytest.raises(KeyboardInterrupt):
            prepare(corpora, corpora.tasks, home, contextlib.nullcontext(Stopping(pool, results)))
        assert tree(home) != expected
    prepare(corpora, corpora.tasks, home, beam_pool(*DIRECT, tmp_path / "scratch"))
    assert tree(home) == expected


def test_the_workers_image_has_the_beam_of_the_lock():
    image = (ROOT / "launch" / "worker" / "Dockerfile").read_text()
    lock = (ROOT / "requirements.lock").read_text()
    (version,) = re.findall(r"^ARG BEAM=(\S+)$", image, re.MULTILINE)
    assert f"\napache-beam=={version}\n" in lock
    assert "FROM apache/beam_python3.11_sdk:${BEAM}" in image


def test_prepare_into_a_bucket(prepared, s3_bucket: str):
    """Calls, results and stores lie there; the stores have the bytes of those on a disk."""
    home = open_folder(f"{s3_bucket}/home")
    prepare(prepared.corpora, prepared.corpora.tasks, home, beam_pool(*DIRECT, home / ".beam"))
    found = {path.path.partition("/home/")[2]: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert found == {name: content for name, content in tree(prepared.home).items() if not name.endswith(".lock")}
