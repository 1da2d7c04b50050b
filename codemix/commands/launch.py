"""codemix launch"""

import argparse
import subprocess
from pathlib import Path

from codemix.commands.arguments import add_study, print_json, request_of
from codemix.errors import UserError

HELP = "run the study's phases elsewhere (slurm, tpu_vm, xpk, sky); or what is launched: its status, logs, end"

_ENGINES = ("slurm", "tpu_vm", "xpk", "sky")


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "action",
        choices=(*_ENGINES, "status", "logs", "cancel"),
        metavar="ENGINE|status|logs|cancel",
        help=f"the engine, one of {', '.join(_ENGINES)}; or what is asked of the study that is launched",
    )
    add_study(command)
    command.add_argument(
        "--where", type=Path, metavar="GIN", help="a gin file that binds the engine's class, such as Slurm.partition"
    )
    command.add_argument("--dry-run", action="store_true", help="print every command and script, and what it costs")
    command.add_argument("--slices", type=int, default=1, metavar="N", help="phases side by side (default: 1)")
    command.add_argument(
        "--commit", metavar="REVISION", help="what workers install (default: the newest, which must have no changes)"
    )
    command.add_argument("--phase", metavar="KEY", help="of logs: this phase's (default: all)")
    command.add_argument("--json", action="store_true", help="of status: print it as JSON")


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.launching import dry_run, launch

    if parsed.slices < 1:
        raise UserError(f"--slices is {parsed.slices}; give a whole number ≥ 1.")
    if parsed.action not in _ENGINES:
        {"status": _status, "logs": _logs, "cancel": _cancel}[parsed.action](parsed, console)
        return
    do = dry_run if parsed.dry_run else launch
    do(request_of(parsed), parsed.action, parsed.where, parsed.slices, parsed.commit, console)


def _status(parsed: argparse.Namespace, console) -> None:
    from codemix.study.launching import launch_status
    from codemix.study.show_launch import status_table

    rows = launch_status(request_of(parsed))
    if parsed.json:
        print_json(rows)
    else:
        console.print(status_table(rows))


def _logs(parsed: argparse.Namespace, console) -> None:
    from codemix.study.launching import log_commands

    for title, command in log_commands(request_of(parsed), parsed.phase):
        console.print(title, style="bold", highlight=False, markup=False)
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        console.print(result.stdout, highlight=False, markup=False, soft_wrap=True)


def _cancel(parsed: argparse.Namespace, console) -> None:
    from codemix.study.launching import cancel

    cancel(request_of(parsed), console)
