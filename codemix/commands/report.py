"""codemix report"""

import argparse

from codemix.commands.arguments import add_study, request_of

HELP = "write the report again from the results"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.run import report

    report(request_of(parsed), console)
