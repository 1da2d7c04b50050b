"""Files are whole or absent: the old one or the new one, whatever ends the writer."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from codemix.store.atomic import atomic_path, read_json, write_json

KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from codemix.store.atomic import atomic_path
with atomic_path(Path(sys.argv[1])) as temporary:
    temporary.write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def fail_while_writing(file: Path) -> None:
    with pytest.raises(RuntimeError, match="in the middle"), atomic_path(file) as temporary:
        raise RuntimeError(f"{temporary.write_text('half')} bytes in, in the middle")


def test_a_failed_writer_leaves_the_old_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_json(file, {"old": 1})
    fail_while_writing(file)
    assert read_json(file) == {"old": 1}
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_failed_writer_leaves_no_file_where_there_was_none(tmp_path: Path) -> None:
    fail_while_writing(tmp_path / "new" / "a")
    assert os.listdir(tmp_path / "new") == []


def test_a_killed_writer_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """SIGKILL gives nobody time to tidy: the old content stays under the name."""
    file = tmp_path / "a.json"
    write_json(file, {"old": 1})
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(file)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert read_json(file) == {"old": 1}
    write_json(file, {"new": 2})
    assert read_json(file) == {"new": 2}


def test_json_keeps_its_characters(tmp_path: Path) -> None:
    content = {"ü": ["数据", "line\u2028separator", 0.1]}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert "数据" in (tmp_path / "a.json").read_text(encoding="utf-8")
