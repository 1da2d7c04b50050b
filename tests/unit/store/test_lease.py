"""Leases: one owner at a time, whatever ends the owners, and whoever else wants it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codemix.store import lease as leases
from codemix.store.lease import EXPIRY_SECONDS, LeaseLost, holder, try_lease
from codemix.store.lock import exclusive

HOLDS = """
import sys, time
from pathlib import Path
from codemix.store.lease import try_lease
lease = try_lease(Path(sys.argv[1]))
print(lease is not None, flush=True)
time.sleep(60)
"""
# Each adds one to a number in a file, which only one at a time can do right; every third is killed while it has the
# lease, before it has written.
COUNTS = """
import os, signal, sys, time
from pathlib import Path
from codemix.store import lock
from codemix.store.lock import exclusive
lock.POLL_SECONDS = 0.001
folder, number = Path(sys.argv[1]), Path(sys.argv[2])
for turn in range(int(sys.argv[3])):
    with exclusive(folder):
        before = int(number.read_text())
        time.sleep(0.002)
        number.write_text(str(before + 1))
if sys.argv[4] == "dies":
    with exclusive(folder):
        os.kill(os.getpid(), signal.SIGKILL)
"""


def elsewhere(folder: Path, seconds_ago: float, released: bool = False) -> None:
    """An entry as another machine would have left it."""
    folder.mkdir(exist_ok=True)
    entry = folder / "000001.json"
    owner = {"host": "other", "pid": os.getpid(), "machine": "of another boot", "started": 1, "released": released}
    entry.write_text(json.dumps(owner))
    then = time.time() - seconds_ago
    os.utime(entry, (then, then))


def test_one_process_has_it_until_it_gives_it_back(tmp_path: Path) -> None:
    first = try_lease(tmp_path)
    assert first is not None
    assert try_lease(tmp_path) is None
    assert holder(tmp_path).holds
    assert holder(tmp_path).owner.pid == os.getpid()
    first.release()
    assert not holder(tmp_path).holds
    second = try_lease(tmp_path)
    assert second is not None
    second.release()


def test_an_owner_that_dies_on_this_machine_holds_nothing(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout.readline() == "True\n"
    assert try_lease(tmp_path) is None
    assert f"process {owner.pid} on" in str(holder(tmp_path).owner)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert holder(tmp_path).expired
    lease = try_lease(tmp_path)
    assert lease is not None
    lease.release()


@pytest.mark.parametrize(
    ("seconds_ago", "released", "free"),
    [(0, False, False), (EXPIRY_SECONDS - 10, False, False), (EXPIRY_SECONDS + 1, False, True), (0, True, True)],
)
def test_an_owner_elsewhere_holds_it_as_long_as_its_heart_beats(
    tmp_path: Path, seconds_ago: float, released: bool, free: bool
) -> None:
    """Even where a process of the same number runs here."""
    elsewhere(tmp_path, seconds_ago, released)
    assert holder(tmp_path).holds != free
    lease = try_lease(tmp_path)
    assert (lease is not None) == free
    if lease:
        lease.release()


def test_a_heartbeat_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.02)
    lease = try_lease(tmp_path)
    entry = tmp_path / "000001.json"
    os.utime(entry, (0, 0))
    deadline = time.monotonic() + 10
    while entry.stat().st_mtime == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert holder(tmp_path).age < 10
    lease.release()


def test_an_owner_that_was_taken_over_from_learns_of_it(tmp_path: Path) -> None:
    mine = try_lease(tmp_path)
    mine.check()
    (tmp_path / "000002.json").write_text((tmp_path / "000001.json").read_text())
    with pytest.raises(LeaseLost, match="another process goes on with this work"):
        mine.check()
    mine.release()


def test_an_entry_that_a_power_cut_left_empty_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "000001.json").touch()
    assert not holder(tmp_path).holds
    lease = try_lease(tmp_path)
    assert lease is not None
    lease.release()


def test_who_is_waited_for_is_told_once(tmp_path: Path) -> None:
    elsewhere(tmp_path, EXPIRY_SECONDS - 0.2)
    told = []
    with exclusive(tmp_path, told.append):
        pass
    assert [str(each.owner) for each in told] == [f"process {os.getpid()} on other"]


def test_many_processes_of_which_some_are_killed_never_hold_it_together(tmp_path: Path) -> None:
    number = tmp_path / "number"
    number.write_text("0")
    turns, processes = 15, 6
    started = [
        subprocess.Popen(
            [sys.executable, "-c", COUNTS, str(tmp_path / "lease"), str(number), str(turns), "dies" if i % 3 else ""]
        )
        for i in range(processes)
    ]
    statuses = [process.wait(60) for process in started]
    assert statuses == [-signal.SIGKILL if i % 3 else 0 for i in range(processes)]
    assert int(number.read_text()) == turns * processes
