"""Problems and their solutions: synthetic code, exercises, competitions. The columns' names are declared."""

import dataclasses
import string
from collections.abc import Mapping
from typing import Any, ClassVar

from codemix.data.documents import Document, digest_identity
from codemix.data.records.records import Part, Unfit
from codemix.data.records.schemas import fields
from codemix.errors import UserError


@dataclasses.dataclass(frozen=True)
class ProblemSolution:
    """Records of a problem and a solution, each a text or a list of texts.

    The paper's synthetic code is Python problems with verified solutions (arXiv 2408.10914 §2.1), not published; this
    reads what stands in for it.

    Attributes:
        problem: the field of the problem.
        solution: the field of the solution; of a list of solutions the first is taken.
        tests: the field of the tests, "" for none; a list of them is written line by line.
        identity: the field of the problem's identity, "" for none: then equal problems are held out together.
        language: of the document.
        layout: the text, with {problem}, {solution} and, if there are tests, {tests}.
    """

    problem: str = "problem"
    solution: str = "solution"
    tests: str = ""
    identity: str = ""
    language: str = "python"
    layout: str = "{problem}\n\n{solution}\n"

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not self.problem or not self.solution:
            raise UserError(
                "ProblemSolution.problem or ProblemSolution.solution is empty; name a field of the records."
            )
        expected = {"problem", "solution", *(["tests"] if self.tests else [])}
        try:
            named = {name for _, name, _, _ in string.Formatter().parse(self.layout) if name is not None}
        except ValueError:
            named = set()
        if named != expected:
            raise UserError(
                f"ProblemSolution.layout is {self.layout!r}; name in it "
                f"{', '.join(f'{{{name}}}' for name in sorted(expected))} and nothing else."
            )

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.problem, self.solution, *(f"{name}?" for name in (self.tests, self.identity) if name))

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        problem = "\n".join(fields.texts(record, self.problem))
        solution = next(iter(fields.texts(record, self.solution)), "")
        if not problem.strip() or not solution.strip():
            raise Unfit("empty")
        tests = "\n".join(fields.texts(record, self.tests)) if self.tests and record.get(self.tests) is not None else ""
        text = self.layout.format(problem=problem, solution=solution, tests=tests)
        identity = self._identity(record) or digest_identity(problem)
        return Document(identity, text, self.language, identity, fields.provenance(file=part.name), part.subset)

    def _identity(self, record: Mapping[str, Any]) -> str | None:
        if not self.identity:
            return None
        number = record.get(self.identity)
        return str(number) if isinstance(number, int) else fields.optional_text(record, self.identity)
