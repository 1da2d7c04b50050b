"""What was launched: `launch.json` in a study's folder, for whoever launches, asks or cancels later."""

import dataclasses
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from codemix.errors import UserError
from codemix.launch.jobs import LaunchJob
from codemix.store.atomic import read_json, write_json

FILE = "launch.json"
LEASE = ".lease"  # who launches the study
CANCELLED = "cancelled"  # a file: the launcher that finds it stops


class Record:
    """The engine, its fields, and the jobs given to it: name -> label, kind, handle (the engine's number or name of
    it), state (waiting, submitted, running, done, failed) and what was said of it last."""

    def __init__(self, folder: Path):
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._content: dict[str, Any] = read_json(self._path) if self._path.exists() else {"engine": None, "jobs": {}}

    @property
    def engine(self) -> str | None:
        return self._content["engine"]

    @property
    def where(self) -> dict[str, Any]:
        """The fields of the engine's class."""
        return self._content["where"]

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        return self._content["jobs"]

    @property
    def slices(self) -> list[str]:
        """What an engine made, and must remove."""
        return self._content.get("slices", [])

    def begin(self, engine: str, where: Any, jobs: Iterable[LaunchJob]) -> None:
        """What is launched now; what is known of the jobs stays.

        Raises:
            UserError: jobs of another engine are not cancelled.
        """
        if self.engine not in (None, engine) and self.is_alive():
            raise UserError(
                f"the study is launched on {self.engine}; give `codemix launch cancel STUDY` before another engine."
            )
        known = self.jobs if self.engine == engine else {}
        with self._lock:
            self._content |= {"engine": engine, "where": dataclasses.asdict(where)}
            fresh = {"handle": None, "state": "waiting", "told": ""}
            self._content["jobs"] = known | {
                job.name: fresh | known.get(job.name, {}) | {"label": job.label, "kind": job.kind} for job in jobs
            }
            write_json(self._path, self._content)

    def is_alive(self) -> bool:
        """Whether something may still run, or cost."""
        return bool(self.slices) or any(job["state"] in ("submitted", "running") for job in self.jobs.values())

    def tell(self, job: str, **facts: Any) -> None:
        with self._lock:
            self.jobs[job] |= facts
            write_json(self._path, self._content)

    def cancelled(self) -> None:
        """Nothing runs any more."""
        for name, job in self.jobs.items():
            if job["state"] in ("submitted", "running"):
                self.tell(name, state="waiting", told="cancelled")

    def made(self, slice_name: str) -> None:
        with self._lock:
            self._content["slices"] = sorted({*self.slices, slice_name})
            write_json(self._path, self._content)

    def removed(self, slice_name: str) -> None:
        with self._lock:
            self._content["slices"] = [name for name in self.slices if name != slice_name]
            write_json(self._path, self._content)
