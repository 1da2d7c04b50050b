"""codemix audit"""

import argparse

from codemix.commands.arguments import add_pool, add_study, pool_of, request_of

HELP = "which evaluation items are in the documents that the study trains on"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)
    add_pool(command)


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.run import audit

    audit(request_of(parsed), console, pool_of(parsed))
