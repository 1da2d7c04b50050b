"""The process in which CrossHair searches. It imports CrossHair once, and searches each module in a fork of itself.

`python -m codemix.synthetic.contract_search` reads {"module": source, "seconds": …}, one JSON document a line, and
answers each with a line [outcome, detail]. A fork begins as fresh as a new process would: what one search leaves in
CrossHair or in the solver, or takes of memory, is gone with it. Here the solver is imported and never asked, so that
it has no thread yet which a fork would lose.
"""

import gc
import json
import math
import os
import re
import resource
import select
import signal
import sys
from types import ModuleType
from typing import Any, NoReturn

_MEMORY = 6 * 2**30  # bytes of address space, most of which the solver never touches
_GRACE = 1.0  # seconds beyond the budget, for a path that is nearly done
_LONGEST = 2000  # characters of a detail
MET = "_met_"  # the list to which a module adds on every path that meets its preconditions
_UNSETTLED = "no counterexample within budget"
_CALL = re.compile(r"when calling (check_contract\(.*)", re.DOTALL)


def main() -> None:
    """Answers until standard input ends."""
    import crosshair.core_and_libs  # noqa: F401

    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_searched_apart(asked["module"], asked["seconds"])), flush=True)


def _searched_apart(source: str, seconds: float) -> tuple[str, str]:
    """Searches in a fork, which is killed when it has answered or has had its time."""
    answer, told = os.pipe()
    child = os.fork()
    if not child:
        _search(source, seconds, told)
    os.close(told)
    # CrossHair looks at the clock between paths; the solver may stay in one for minutes.
    ready, _, _ = select.select([answer], [], [], seconds + _GRACE)
    content = os.read(answer, 2**16) if ready else b""
    os.close(answer)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if content:
        outcome, detail = json.loads(content)
        return outcome, detail
    if not ready:
        return _UNSETTLED, "one path took too long"
    return _UNSETTLED, f"the search failed: status {os.waitstatus_to_exitcode(status)}"


def _search(source: str, seconds: float, told: int) -> NoReturn:
    """In the fork: searches, and answers in one piece."""
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # what the code prints is no answer
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        cpu = math.ceil(seconds + _GRACE) + 1  # should nobody be left to end it
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        try:
            outcome, detail = _searched(_imported(source), seconds)
        except BaseException as error:  # CrossHair failed, or the memory is used up
            outcome, detail = _UNSETTLED, f"the search failed: {type(error).__name__}: {error}"
        os.write(told, json.dumps([outcome, detail[:_LONGEST]]).encode())
    finally:
        os._exit(0)


def _imported(source: str) -> ModuleType:
    """The module. CrossHair tells preconditions from what fails by their lines in a file, which is in memory here."""
    memory = os.memfd_create("contract")
    with open(memory, "wb", closefd=False) as file:
        file.write(source.encode())
    module = ModuleType("contract")
    module.__file__ = path = f"/proc/self/fd/{memory}"
    sys.modules[module.__name__] = module
    setattr(module, MET, [])
    exec(compile(source, path, "exec"), vars(module))
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
    if not getattr(module, MET):
        return _UNSETTLED, "no arguments were found that meet the preconditions"
    return ("confirmed", "") if states == {MessageType.CONFIRMED} else (_UNSETTLED, "")


def _replayed(module: ModuleType, message: str) -> tuple[str, str]:
    """A counterexample counts if the function fails with it when nothing is symbolic any more."""
    found = _CALL.search(message)
    call = _call(found[1]) if found else ""
    namespace: dict[str, Any] = dict(vars(module))
    try:
        arguments = eval(f"(lambda *given, **named: (given, named)){call.removeprefix('check_contract')}", namespace)
    except Exception:
        return _UNSETTLED, f"a counterexample cannot be repeated: {message}"
    try:
        module.check_contract(*arguments[0], **arguments[1])
    except Exception as error:
        return "refuted", f"{call}: {type(error).__name__}"
    return _UNSETTLED, f"a counterexample did not hold: {call}"


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
