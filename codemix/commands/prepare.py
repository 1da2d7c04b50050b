"""codemix prepare"""

import argparse

from codemix.commands.arguments import add_pool, add_study, pool_of, request_of

HELP = "materialise the token stores that the study needs"


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.usage = "%(prog)s STUDY [--workers N | --runner NAME] [options] [-- BEAM_OPTION …]"
    add_study(command)
    add_pool(command)
    command.add_argument("--check", action="store_true", help="compare every store with its SeqIO task")


def run(parsed: argparse.Namespace, console) -> None:
    from rich.progress import Progress

    from codemix.study.run import prepare_missing

    plan, _ = request_of(parsed).plan()
    if not plan.missing_tasks:
        console.print("Every token store is there; nothing to prepare.")
    prepare_missing(plan, console, pool_of(parsed))
    if parsed.check:
        from codemix.data.check import check_stores

        with Progress(console=console) as progress:
            compared = check_stores(plan.study.corpora, list(plan.stores), plan.data, progress)
        console.print(f"{compared:,} tokens are those that the SeqIO tasks yield.")
