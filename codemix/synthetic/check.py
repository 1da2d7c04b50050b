"""Checks one family: `python -m codemix.synthetic.check FAMILY --count 200`."""

import argparse
import sys
import time
from collections import Counter
from contextlib import ExitStack

from codemix.errors import UserError
from codemix.synthetic.contracts import ContractChecker
from codemix.synthetic.diversity import distinct_trees, near_duplicate_share
from codemix.synthetic.execution import opened
from codemix.synthetic.layouts import document
from codemix.synthetic.making import problem_at
from codemix.synthetic.problem import Problem, Rejected
from codemix.synthetic.registry import chosen
from codemix.synthetic.verification import Verifier


def main() -> None:
    """Prints how far the problems come, how strong their tests are, how varied they are, and three of them."""
    parser = argparse.ArgumentParser(prog="python -m codemix.synthetic.check", description=main.__doc__)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help="names of families; by default all")
    parser.add_argument("--count", type=int, default=200, help="problems")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--contract-seconds", type=float, default=0.0, help="of search for each contract")
    parser.add_argument("--show", type=int, default=3, help="problems that are printed")
    options = parser.parse_args()
    try:
        chosen(tuple(options.families))
    except UserError as error:
        sys.exit(str(error))
    _check(tuple(options.families), options.count, options.seed, options.show, options.contract_seconds)


def _check(families: tuple[str, ...], count: int, seed: int, show: int, contract_seconds: float) -> None:
    reasons: Counter[str] = Counter()
    began = time.perf_counter()
    problems: list[Problem] = []
    for index in range(count):
        try:
            problems.append(problem_at(seed, index, families))
        except Rejected as rejected:
            reasons[f"{rejected.reason} ({seed}-{index})"] += 1
    made = time.perf_counter()
    seconds: dict[str, float] = {}
    with ExitStack() as stack:
        contracts = stack.enter_context(ContractChecker(contract_seconds)) if contract_seconds else None
        results = Verifier(stack.enter_context(opened()), seconds, contracts).verify(problems)
    ended = time.perf_counter()
    for problem, result in zip(problems, results, strict=True):
        if result.failed:
            reasons[f"{problem.family}: {result.reason} ({problem.id})"] += 1
    scores = [result.score for result in results if result.score]
    documents = [document(problem) for problem in problems]
    reached = ", ".join(
        f"{sum(result.passed >= level for result in results)} pass {level}" for level in (1, 2, 3, 4, 5)
    )
    print(f"levels    {reached} of {count}")
    for reason, number in reasons.most_common(20):
        print(f"          {number} × {reason}")
    if outcomes := Counter(result.contract.outcome for result in results if result.contract):
        print(f"contracts {', '.join(f'{number} {outcome}' for outcome, number in sorted(outcomes.items()))}")
    if scores:
        total = sum(each.mutants for each in scores)
        alive = sum(each.presumed_equivalent for each in scores)
        print(
            f"mutants   {total / len(scores):.1f} a problem, {alive / total:.1%} presumed equivalent, "
            f"score {sum(each.killed for each in scores) / max(1, total - alive):.3f}"
        )
    print(
        f"diversity {near_duplicate_share(documents):.1%} near-duplicates at 0.7, "
        f"{distinct_trees(problem.solution for problem in problems)} distinct trees, "
        f"{len(set(documents))} distinct texts of {len(documents)}"
    )
    each = ", ".join(f"{name} {1000 * spent / count:.1f}" for name, spent in sorted(seconds.items()))
    print(f"time      {1000 * (made - began) / count:.1f} ms to make")
    print(f"          {1000 * (ended - made) / count:.1f} ms to verify: {each}")
    for text in documents[:show]:
        print("\n" + "─" * 100 + "\n" + text)


if __name__ == "__main__":
    main()
