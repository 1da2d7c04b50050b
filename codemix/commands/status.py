"""codemix status"""

import argparse
import dataclasses

from codemix.commands.arguments import add_study, print_json, request_of

HELP = "how far the study is: phases done, running, stopped and waiting, their processes, speed and time left"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)
    command.add_argument("--json", action="store_true", help="print the same as JSON")


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.live import shown_status
    from codemix.study.run import status

    found = status(request_of(parsed))
    if parsed.json:
        print_json(dataclasses.asdict(found))
    else:
        console.print(shown_status(found), highlight=False)
