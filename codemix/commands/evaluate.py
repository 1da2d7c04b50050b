"""codemix evaluate"""

import argparse
from pathlib import Path

from codemix.commands.arguments import add_processes, add_study, join_processes, request_of
from codemix.errors import UserError

HELP = "score the final checkpoints, or any (--phase KEY), on held-out documents and the suite"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)
    command.add_argument(
        "--suite", type=Path, metavar="GIN", help="a suite in place of the study's own, such as gin/suites/paper.gin"
    )
    command.add_argument("--phase", metavar="KEY", help="score this phase alone, and print its scores")
    command.add_argument("--step", type=int, help="by its checkpoint of this step of the arm (default: its last)")
    add_processes(command)


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.gin_files import load_suite
    from codemix.study.run import evaluate, evaluate_phase
    from codemix.training.compilation_cache import keep_compiled

    if parsed.step is not None and not parsed.phase:
        raise UserError("--step is one of a phase's checkpoints; name the phase with --phase KEY.")
    keep_compiled(parsed.home)
    suite = load_suite(parsed.suite) if parsed.suite else None
    join_processes(parsed, console)
    if parsed.phase:
        evaluate_phase(request_of(parsed), parsed.phase, parsed.step, suite, console)
    else:
        evaluate(request_of(parsed), suite, console)
