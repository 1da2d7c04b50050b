"""What is run, and what came of it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["passed", "failed", "error", "timeout", "memory", "output", "refused"]
KINDS: tuple[Kind, ...] = ("passed", "failed", "error", "timeout", "memory", "output", "refused")


@dataclass(frozen=True)
class Program:
    """Untrusted code, and the tests that judge it.

    Attributes:
        code: a module's source. Nobody trusts it.
        tests: a module's source, which passes by ending without an exception: a list of asserts, or a definition of
            `check(candidate)`, as HumanEval's. It is trusted to judge, and is itself confined like the code. Names that
            it does not define are looked up among builtins, then the standard-library imports at the top of `code`,
            then what `code` defines. A helper that the verdict depends on belongs into the tests, not into the code.
        entry_point: the name that `code` must define; the tests have it as `candidate` too, and their `check`, if they
            define one, is called with it.
    """

    code: str
    tests: str
    entry_point: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What came of a program.

    Attributes:
        kind: 'passed'; 'failed', an assertion of the tests; 'error', any other exception, or an end by a signal or an
            exit; 'timeout', 'memory' and 'output', a limit; 'refused', what cannot be judged: tests that do not
            compile or that hand the program something that cannot cross, or an answer that is no answer.
        detail: the assertion, or the exception and the line it came from, or the limit.
        cpu_seconds: of program and judge, in seconds of the reference machine (`limits.speed`).
        wall_seconds: from the fork to the end.
        output: what the program wrote to its standard output and standard error, up to the limit.
    """

    kind: Kind
    detail: str
    cpu_seconds: float
    wall_seconds: float
    output: str

    @property
    def passed(self) -> bool:
        return self.kind == "passed"


class NotObserved(Exception):
    """The program ended before its expressions had values. `verdict` says how."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"{verdict.kind}: {verdict.detail}")
        self.verdict = verdict
