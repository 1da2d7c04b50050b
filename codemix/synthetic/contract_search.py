"""The process in which CrossHair searches: reads a module from standard input, and writes what came of it.

`python -m codemix.synthetic.contract_search < {"module": source, "seconds": …}` writes [outcome, detail] as JSON.
"""

import importlib.util
import json
import os
import re
import resource
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

_MEMORY = 6 * 2**30  # bytes of address space, most of which the solver never touches
_GRACE = 1.0  # seconds beyond the budget, for a path that is nearly done
_telling = threading.Lock()
_CALL = re.compile(r"when calling (check_contract\(.*)", re.DOTALL)


def main() -> None:
    """Reads, searches, writes."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="codemix-") as folder:
        path = Path(folder) / "contract.py"  # CrossHair reads a function's source from its file
        path.write_text(asked["module"], encoding="utf-8")
        module = _imported(path)
        _end_after(asked["seconds"] + _GRACE, folder)
        _tell(*_searched(module, asked["seconds"]))


def _end_after(seconds: float, folder: str) -> None:
    """CrossHair looks at the clock between paths; the solver may stay in one for minutes."""

    def end() -> None:
        _tell("no counterexample within budget", "one path took too long")
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def _tell(outcome: str, detail: str) -> None:
    if _telling.acquire(blocking=False):  # once
        print(json.dumps([outcome, detail]), flush=True)


def _imported(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location("contract", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["contract"] = module
    specification.loader.exec_module(module)
    return module


def _searched(module: ModuleType, seconds: float) -> tuple[str, str]:
    from crosshair.core_and_libs import MessageType, analyze_function, run_checkables
    from crosshair.options import AnalysisKind, AnalysisOptionSet

    options = AnalysisOptionSet(
        analysis_kind=(AnalysisKind.asserts,),
        per_condition_timeout=seconds,
        per_path_timeout=max(1.0, seconds / 4),
        report_all=True,
    )
    messages = run_checkables(analyze_function(module.check_contract, options))
    states = {message.state for message in messages}
    for message in messages:
        if message.state in (MessageType.POST_FAIL, MessageType.POST_ERR, MessageType.EXEC_ERR):
            return _replayed(module, message.message)
    if states == {MessageType.CONFIRMED}:
        return "confirmed", ""
    met = "no arguments were found that meet the preconditions" if MessageType.PRE_UNSAT in states else ""
    return "no counterexample within budget", met


def _replayed(module: ModuleType, message: str) -> tuple[str, str]:
    """A counterexample counts if the function fails with it when nothing is symbolic any more."""
    found = _CALL.search(message)
    call = _call(found[1]) if found else ""
    namespace: dict[str, Any] = dict(vars(module))
    try:
        arguments = eval(f"(lambda *given, **named: (given, named)){call.removeprefix('check_contract')}", namespace)
    except Exception:
        return "no counterexample within budget", f"a counterexample cannot be repeated: {message}"
    try:
        module.check_contract(*arguments[0], **arguments[1])
    except Exception as error:
        return "refuted", f"{call}: {type(error).__name__}"
    return "no counterexample within budget", f"a counterexample did not hold: {call}"


def _call(text: str) -> str:
    """The call at the beginning of a message, which may go on after it."""
    for end in range(len(text), 0, -1):
        if text[end - 1] == ")":
            try:
                compile(text[:end], "call", "eval")
            except SyntaxError:
                continue
            return text[:end]
    return ""


if __name__ == "__main__":
    main()
