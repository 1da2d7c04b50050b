"""Apache Beam as the pool of workers: machines of Dataflow, Flink or Spark, where one machine is too small.

The calls go to the workers in one file of a folder that all of them see, and each result comes back as a file there, so
that the pipeline itself carries nothing but numbers: its size does not depend on the work, and a result is had as soon
as it is there, on any runner. The workers need the same codemix as the caller (launch/worker/Dockerfile).
"""

import contextlib
import io
import logging
import pickle
import re
import threading
import traceback
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from codemix import __version__
from codemix.data.pool import Pool
from codemix.errors import UserError
from codemix.store.atomic import write_bytes
from codemix.store.paths import remove_tree

Result = TypeVar("Result")
_CALLS = "calls"  # its files hold (version, function, calls)
_CALLS_A_FILE = 256
_STOP = "stop"  # is there once nobody wants further results
_FAILURE = "failure"  # the exception that ended the pipeline
_DEFAULTS = (
    "--allow_unsafe_triggers",  # else the DirectRunner would download another runner, to try that before itself
    "--no_pipeline_type_check",  # a folder in a bucket is a Path by its methods only
    "--default_sdk_harness_log_level=ERROR",
)
_LONGEST_WAIT = 1.0  # seconds between two looks for a result
_PATIENCE = 60.0  # seconds that a pipeline has to end by itself
_TOLD = re.compile(r"codemix\.errors\.UserError: (.*?)(?: \[while running|\\n|\n|$)")


@contextlib.contextmanager
def beam_pool(runner: str, options: Sequence[str], scratch: Path) -> Iterator[Pool]:
    """Workers that a Beam runner starts, for as long as there are calls.

    Args:
        runner: DirectRunner, DataflowRunner, FlinkRunner, SparkRunner, or another by its name.
        options: all else that Beam is to know, as its own flags: "--project=…", "--sdk_container_image=…".
        scratch: a folder for calls and results that all workers see, and nothing else: what a killed pool left there is
            removed.

    Raises:
        UserError: Beam is not installed, or does not take the runner or its options.
    """
    _beam()
    _pipeline(runner, options)  # what is wrong with the options is told before any work is done
    remove_tree(scratch)
    try:
        yield _BeamPool(runner, options, scratch)
    finally:
        remove_tree(scratch)


class _BeamPool:
    """Maps functions by pipelines, one for each map."""

    def __init__(self, runner: str, options: Sequence[str], scratch: Path):
        self._runner = runner
        self._options = options
        self._scratch = scratch

    def map_in_order(
        self, function: Callable[..., Result], calls: Iterable[tuple[Any, ...]]
    ) -> Generator[Result, None, None]:
        """The results of `function(*call)`, in the order of the calls, each as soon as it and those before it are
        there. The runner decides which calls run when, on how many workers, and how often one is tried again.

        A consumer that has enough closes the iterator: no call is running then, and no further one begins. Raises what
        the function raised, or what the pipeline itself failed by.
        """
        everything = list(calls)
        if not everything:
            return
        folder = self._scratch / uuid.uuid4().hex
        for start in range(0, len(everything), _CALLS_A_FILE):
            some = everything[start : start + _CALLS_A_FILE]
            write_bytes(_calls_file(folder, start), pickle.dumps((__version__, function, some)))
        job = _Job(_pipeline(self._runner, self._options), folder, len(everything))
        try:
            for number in range(len(everything)):
                yield job.result(number)
        finally:
            job.end()
            remove_tree(folder)


class _Job:
    """A pipeline that runs in a thread: some runners return when it has started, others when it has ended."""

    def __init__(self, pipeline: Any, folder: Path, count: int):
        beam = _beam()
        numbers = pipeline | "Count" >> beam.Create([count]) | "Number" >> beam.FlatMap(_numbers)
        _ = numbers | "Spread" >> beam.Reshuffle() | "Work" >> beam.Map(_work, folder=folder)
        self._pipeline = pipeline
        self._folder = folder
        self._running: Any = None  # the runner's handle of it
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="beam", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._running = self._pipeline.run()
            state = self._running.wait_until_finish()
            if state != "DONE":
                self._error = RuntimeError(f"the Beam pipeline ended as {state}; its runner's log says why.")
        except Exception as error:
            self._error = error

    def result(self, number: int) -> Any:
        """Waits for the result of one call. Raises what the call raised, or what the pipeline failed by."""
        wait = 0.01
        while True:
            ended = not self._thread.is_alive()
            with contextlib.suppress(FileNotFoundError):
                value, error = pickle.loads((self._folder / str(number)).read_bytes())
                if error:
                    raise error
                return value
            if ended:
                raise self._failure(number)
            self._thread.join(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def _failure(self, number: int) -> Exception:
        with contextlib.suppress(FileNotFoundError):
            return pickle.loads((self._folder / _FAILURE).read_bytes())
        # Some runners raise the worker's exception with their words added, others tell it in an exception of theirs.
        if told := _TOLD.search("".join(traceback.format_exception_only(self._error)) if self._error else ""):
            return UserError(told[1])
        return self._error or RuntimeError(
            f"the Beam pipeline has ended, and the result of call {number} is not in {self._folder}."
        )

    def end(self) -> None:
        """Returns once no call is running. What has not begun ends at once by itself, on any runner; a pipeline that
        still waits for its machines is cancelled."""
        if self._thread.is_alive():
            write_bytes(self._folder / _STOP, b"")
            self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            if self._running is not None:
                with contextlib.suppress(NotImplementedError):
                    self._running.cancel()
            self._thread.join()


def _numbers(count: int) -> Iterator[int]:
    yield from range(count)


def _work(number: int, folder: Path) -> None:
    """Makes one call and writes down its result. Runs in a worker."""
    if (folder / _STOP).exists():
        return
    function, calls = _read_calls(_calls_file(folder, number))
    outcome: tuple[Any, UserError | None]
    try:
        outcome = (function(*calls[number % _CALLS_A_FILE]), None)
    except UserError as error:
        outcome = (None, error)  # a result: no further attempt would mend it
    except Exception as error:
        error.add_note(traceback.format_exc())
        write_bytes(folder / _FAILURE, _pickled(error))
        raise
    write_bytes(folder / str(number), pickle.dumps(outcome))


def _calls_file(folder: Path, number: int) -> Path:
    return folder / f"{_CALLS}-{number // _CALLS_A_FILE:05d}"


@lru_cache(maxsize=4)
def _read_calls(file: Path) -> tuple[Callable[..., Any], list[tuple[Any, ...]]]:
    try:
        version, function, calls = pickle.loads(file.read_bytes())
    except FileNotFoundError:
        raise UserError(
            f"{file.parent}: a Beam worker does not see this folder; "
            "give --data a bucket, or a folder that all workers share."
        ) from None
    if version != __version__:
        raise UserError(
            f"Beam's workers have codemix {__version__}, not {version}; build launch/worker/Dockerfile anew."
        )
    return function, calls


def _pickled(error: Exception) -> bytes:
    try:
        content = pickle.dumps(error)
        pickle.loads(content)
    except Exception:  # an exception class may need arguments that it does not keep
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return content


def _pipeline(runner: str, options: Sequence[str]) -> Any:
    """An empty pipeline. Raises UserError where Beam does not take the runner or the options."""
    beam = _beam()
    usage = io.StringIO()
    try:
        parsed = beam.options.pipeline_options.PipelineOptions([*_DEFAULTS, *options])
        with contextlib.redirect_stderr(usage):
            parsed.get_all_options()  # else a wrong value is found in the thread, and ends nothing but that
        return beam.Pipeline(runner=runner, options=parsed)
    except SystemExit:
        reason = usage.getvalue().strip().split("error: ")[-1]
    except (ValueError, ImportError, AttributeError) as error:
        reason = " ".join(str(error).split())
    raise UserError(f"--runner {runner}: Beam does not take it ({reason}); correct it, or its options.")


def _beam() -> ModuleType:
    """Apache Beam, which only this file imports."""
    logging.disable(logging.WARNING)  # it says what it would need for Google's services
    try:
        import apache_beam
        import apache_beam.options.pipeline_options
    except ImportError:
        raise UserError("--runner needs Apache Beam, which is not installed: pip install 'codemix[beam]'.") from None
    finally:
        logging.disable(logging.NOTSET)
    return apache_beam
