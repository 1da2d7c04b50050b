"""The homes that the end-to-end tests begin from."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_study
from tiny_study import Reference


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The study is started many times: what JAX has compiled is kept between them, so that each start takes less."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        yield


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    home = tmp_path_factory.mktemp("reference")
    process = tiny_study.start("run", home)
    peak, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.05):
            peak = max(peak, tiny_study.memory_of_session(process))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = tiny_study.finish(process)
    finally:
        ended.set()
        watcher.join()
    assert result.returncode == 0, result.stderr
    return Reference(home, result.stdout, result.returncode, peak)


@pytest.fixture
def prepared_home(reference: Reference, tmp_path: Path) -> Path:
    """A fresh home with the study's token stores."""
    return tiny_study.copy_prepared(reference.home, tmp_path / "home")


@pytest.fixture
def finished_home(reference: Reference, tmp_path: Path) -> Path:
    """A copy of the finished study's home."""
    return tiny_study.copy_home(reference.home, tmp_path / "home")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Puts what tests recorded into the log, passed or not."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")
