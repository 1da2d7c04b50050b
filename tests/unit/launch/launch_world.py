"""A world of stand-ins for the engines' programs, and `codemix launch` in it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codemix.cli import main
from codemix.launch.source import ROOT

STAND_INS = Path(__file__).parents[2] / "launch_stand_ins"
STUDY = ROOT / "tests" / "end_to_end" / "tiny.gin"

WHERE = """
TpuVm.project = 'a-project'
TpuVm.zone = 'us-west4-a'
TpuVm.accelerator_type = 'v5litepod-16'
TpuVm.capacity = 'spot'
TpuVm.home = '/mnt/codemix'
TpuVm.poll_seconds = 0.01
Xpk.project = 'a-project'
Xpk.zone = 'us-west4-a'
Xpk.cluster = 'a-cluster'
Xpk.device_type = 'v5litepod-16'
Xpk.image = 'gcr.io/a-project/codemix:1'
Xpk.home = '/mnt/codemix'
Sky.accelerators = 'H100:8'
Sky.home = '/mnt/codemix'
Sky.extras = 'gs'
Sky.spot = True
Sky.poll_seconds = 0.01
"""


# Token stores, a trunk, two phases that go on from it, evaluation and report.
OVERRIDES = [
    "--gin.Study.seeds=[0]",
    "--gin.Study.arms=['balanced_only','balanced_to_text']",
    "--gin.Study.control=balanced_only",
]
JOBS = 5
ON_WORKERS = 4  # where token stores are made here


class World:
    """The stand-ins' folder; `codemix launch`, given in this process; what the stand-ins saw of it."""

    def __init__(self, folder: Path, data: str, python: str, capsys: pytest.CaptureFixture):
        self.folder = folder
        self.home = folder / "home"
        self.where = folder / "where.gin"
        self.where.write_text(WHERE)
        self.data = data
        self._python = python
        self._capsys = capsys

    def has(self, **there: Any) -> None:
        """What the stand-ins find made before."""
        (self.folder / "state.json").write_text(json.dumps(there))

    def happens(self, **events: list[Any]) -> None:
        (self.folder / "events.json").write_text(json.dumps(events))

    def launch(self, action: str, *arguments: str, home: Path | None = None) -> str:
        """Gives the command; returns what it printed."""
        main(self._command(action, *arguments, home=home))
        return self._capsys.readouterr().out

    def start(self, action: str, *arguments: str) -> subprocess.Popen:
        """Gives the command in a process of its own."""
        command = [self._python, "-m", "codemix", *self._command(action, *arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _command(self, action: str, *arguments: str, home: Path | None = None) -> list[str]:
        folders = ["--home", str(home or self.home), "--data", self.data]
        where = [] if action in ("status", "logs", "cancel") else ["--where", str(self.where), "--commit", "HEAD"]
        return ["launch", action, str(STUDY), *folders, *where, *OVERRIDES, *arguments]

    def refused(self, *arguments: str, home: Path | None = None) -> str:
        """The one sentence with which the command is refused."""
        with pytest.raises(SystemExit) as refused:
            self.launch(*arguments, home=home)
        assert refused.value.code == 2
        lines = self._capsys.readouterr().err.strip().splitlines()
        sentence = [line for line in lines if line.startswith("codemix: ")]
        assert len(sentence) == 1, lines
        return sentence[0]

    def commands(self, *words: str) -> list[list[str]]:
        """The commands that the stand-ins were given that have these words."""
        file = self.folder / "commands.jsonl"
        rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [row for row in rows if set(words) <= set(row)]

    def state(self) -> dict[str, Any]:
        return json.loads((self.folder / "state.json").read_text())

    def on_workers(self) -> list[str]:
        """What codemix was called with on the workers, in order."""
        file = self.folder / "codemix.log"
        return file.read_text().splitlines() if file.exists() else []

    def plan(self) -> dict[str, Any]:
        main(["plan", str(STUDY), "--home", str(self.home), *OVERRIDES, "--json"])
        return json.loads(self._capsys.readouterr().out)

    def record(self) -> dict[str, Any]:
        return json.loads((self.home / "studies" / "tiny" / "launch" / "launch.json").read_text())
