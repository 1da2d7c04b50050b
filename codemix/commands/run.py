"""codemix run"""

import argparse

from codemix.commands.arguments import add_processes, add_study, join_processes, request_of

HELP = "prepare what is missing, train every phase once, evaluate, report; resumes; a finished study is a no-op"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)
    add_processes(command)


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.run import run as run_study

    join_processes(parsed, console)
    run_study(request_of(parsed), console)
