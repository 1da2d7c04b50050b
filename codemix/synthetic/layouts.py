"""Documents: statement, solution and tests on one page, in one of several layouts."""

from codemix.synthetic.problem import Problem

LAYOUTS = ("module", "function", "comment", "answer", "markdown")


def record(problem: Problem) -> dict[str, str]:
    """The problem as a record that the schema `ProblemSolution` reads (tests='tests', identity='id').

    Fields: id, family, style, name, problem, solution, tests, layout, text (the document).
    """
    return {
        "id": problem.id,
        "family": problem.family,
        "style": problem.sketch.solution.style,
        "name": problem.sketch.name,
        "problem": problem.statement,
        "solution": problem.solution,
        "tests": problem.tests,
        "layout": problem.layout,
        "text": document(problem),
    }


def document(problem: Problem) -> str:
    """The problem's text. In the layout "function" the solution's docstring has the statement."""
    program = f"{problem.solution}\n\n{problem.tests}"
    below = f"\n{program}" if program.startswith(("def ", "class ", "@")) else program
    match problem.layout:
        case "module":
            mark = "r" if "\\" in problem.statement else ""
            return f'{mark}"""{problem.statement}\n"""\n\n{below}'
        case "comment":
            lines = (f"# {line}".rstrip() for line in problem.statement.splitlines())
            return "\n".join(lines) + f"\n\n{below}"
        case "answer":
            return f"Problem\n\n{problem.statement}\n\nAnswer\n\n{problem.solution}\nTests\n\n{problem.tests}"
        case "markdown":
            return (
                f"# Exercise\n\n{problem.statement}\n\n## Solution\n\n```python\n{problem.solution}```\n\n"
                f"## Tests\n\n```python\n{problem.tests}```\n"
            )
        case _:
            return program
