"""codemix train"""

import argparse

from codemix.commands.arguments import add_processes, add_study, join_processes, request_of
from codemix.errors import UserError

HELP = "train one phase (--phase KEY), or every phase that is missing"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)
    command.add_argument("--phase", metavar="KEY", help="the key of one phase, from `codemix plan`")
    command.add_argument(
        "--compile-only",
        action="store_true",
        help="compile the step for Hardware.topology, without its chips: memory, collectives, and whether it fits",
    )
    add_processes(command)


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.run import prepared, train_phases

    request = request_of(parsed)
    if parsed.compile_only:
        from codemix.study.compiled import compile_study, show_compiled

        plan, _ = request.plan()
        with console.status("compiling"):
            compiled = compile_study(plan)
        show_compiled(compiled, plan, console)
        return
    if parsed.phase and parsed.phase not in request.plan()[0].phases:
        raise UserError(f"--phase {parsed.phase}: the study has no such phase; `codemix plan` prints the keys.")
    join_processes(parsed, console)
    from codemix.training.processes import leader_first

    plan, _ = leader_first(lambda: prepared(request, console))
    keys = [parsed.phase] if parsed.phase else list(plan.phases)
    train_phases(plan, keys, console)
