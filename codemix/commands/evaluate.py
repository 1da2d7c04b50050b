"""codemix evaluate"""

import argparse

from codemix.commands.arguments import add_study, request_of

HELP = "score the final checkpoints on held-out documents"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.run import evaluate

    evaluate(request_of(parsed), console)
