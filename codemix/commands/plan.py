"""codemix plan"""

import argparse
from pathlib import Path

from codemix.commands.arguments import add_study, print_json, request_of

HELP = "the phase DAG, the ledger, what it costs, what is shared, what is missing; spends nothing"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)
    command.add_argument("--json", action="store_true", help="print the plan as JSON")
    command.add_argument("--svg", type=Path, metavar="FILE", help="write a picture of the phases, too")


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.store.atomic import write_bytes
    from codemix.study.record import plan_record
    from codemix.study.show import show_plan

    request = request_of(parsed)
    plan, operative_gin = request.plan()
    if parsed.svg:
        from codemix.reporting.dag import dag_svg

        write_bytes(parsed.svg, dag_svg(plan_record(plan, request.command, operative_gin)))
    if parsed.json:
        print_json(plan_record(plan, request.command, operative_gin))
    else:
        show_plan(plan, console)
