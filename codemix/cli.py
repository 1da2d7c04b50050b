"""The command line. Heavy imports are inside the commands, so that --help answers at once."""

import argparse
import dataclasses
import errno
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from codemix import __version__
from codemix.errors import UserError

_COMMANDS = {
    "plan": "the phase DAG, the ledger, what it costs, what is shared, what is missing; spends nothing",
    "prepare": "materialise the token stores that the study needs",
    "data": "the token stores that there are, or that STUDY needs; of one (--task), all that is known, and documents",
    "generate": "synthetic Python problems, verified by execution, as files that the source `synthetic` reads",
    "audit": "which evaluation items are in the documents that the study trains on",
    "run": "prepare what is missing, train every phase once, evaluate, report; resumes; a finished study is a no-op",
    "status": "how far the study is: phases done, running, stopped and waiting, their processes, speed and time left",
    "train": "train one phase (--phase KEY), or every phase that is missing",
    "evaluate": "score the final checkpoints on held-out documents",
    "report": "write the report again from the results",
}
_USER_ERROR = 2
_STATUSES = (
    "Exit status: 0 done; 2 something to mend, told in one sentence; 75 stopped by SIGTERM, or a machine that is taken "
    "away, with everything saved; 130 the same after SIGINT (Ctrl-C). After 75 and 130 the same command goes on."
)
_MAKE_ROOM = "make room and run the same command again, or give another folder with --home."


def main(arguments: list[str] | None = None) -> None:
    """Runs one command. What the user can mend ends it with one sentence on stderr and status 2; being asked to stop,
    with one and status 75, or 130 where a person asked."""
    parser = _parser()
    arguments = sys.argv[1:] if arguments is None else arguments
    ours, beams = _split_at_dashes(arguments)
    parsed, rest = parser.parse_known_args(ours)
    overrides = tuple(flag.removeprefix("--gin.") for flag in rest if flag.startswith("--gin."))
    unknown = [flag for flag in rest if not flag.startswith("--gin.")]
    if unknown:
        parser.error(f"unknown argument {unknown[0]}; bindings are overridden with --gin.Class.field=value")
    if beams and not getattr(parsed, "runner", None):
        parser.error(f"{beams[0]} after -- is for a Beam runner; name it with `codemix prepare STUDY --runner NAME`")
    from codemix.training.stopping import Stopped, listening

    try:
        with listening():
            _run_command(parsed, overrides, beams)
    except UserError as error:
        _exit(str(error))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            _exit_at_once(f"{error.filename or parsed.home}: {error.strerror}; {_MAKE_ROOM}")
        if error.errno not in (errno.EACCES, errno.EROFS):
            raise
        _exit(f"{error.filename or parsed.home}: {error.strerror}; give another folder with --home.")
    except (RuntimeError, ValueError) as error:  # the checkpoint library wraps a full disk in these
        if os.strerror(errno.ENOSPC) not in str(error) and "RESOURCE_EXHAUSTED: Error writing" not in str(error):
            raise
        _exit_at_once(f"--home {parsed.home}: {os.strerror(errno.ENOSPC)}; {_MAKE_ROOM}")
    except Stopped as stopped:
        _exit(f"stopped by {stopped}; everything is saved, and the same command goes on from here.", stopped.status)


def _split_at_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What comes before `--`, and the options of a Beam runner after it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:end], arguments[end + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="codemix",
        description="Experiments that decide how much code, which code and at which stage goes into pre-training.",
        epilog="Any gin binding is overridden with --gin.Class.field=value, for instance --gin.Scale.tokens=500000. "
        + _STATUSES,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"codemix {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_text in _COMMANDS.items():
        epilog = _STATUSES if name in ("prepare", "run", "train", "evaluate") else None
        command = commands.add_parser(name, help=help_text, description=help_text, epilog=epilog, allow_abbrev=False)
        if name != "generate":
            command.add_argument(
                "study",
                type=Path,
                metavar="STUDY",
                nargs="?" if name == "data" else None,
                help="a gin file, such as gin/studies/quickstart.gin",
            )
        command.add_argument(
            "--home",
            type=Path,
            default=Path(os.environ.get("CODEMIX_HOME", ".codemix")),
            help="the folder where everything is kept (default: $CODEMIX_HOME, or .codemix here)",
        )
        command.add_argument(
            "--data",
            metavar="URL|DIR",
            default=os.environ.get("CODEMIX_DATA"),
            help="where documents, tokenizers and token stores are kept: a folder or a bucket (s3://…, gs://…) "
            "(default: $CODEMIX_DATA, or the home)",
        )
        if name == "status":
            command.add_argument("--json", action="store_true", help="print the same as JSON")
        if name == "plan":
            command.add_argument("--json", action="store_true", help="print the plan as JSON")
            command.add_argument("--svg", type=Path, metavar="FILE", help="write a picture of the phases, too")
        if name == "prepare":
            command.usage = "%(prog)s STUDY [--workers N | --runner NAME] [options] [-- BEAM_OPTION …]"
            _add_pool(command)
            command.add_argument("--check", action="store_true", help="compare every store with its SeqIO task")
        if name == "generate":
            command.usage = "%(prog)s --problems N [--workers N | --runner NAME] [options] [-- BEAM_OPTION …]"
            command.add_argument("--problems", type=int, required=True, metavar="N", help="problems that are made")
            author = command.add_mutually_exclusive_group()
            author.add_argument("--families", nargs="+", default=(), metavar="NAME", help="which (default: all)")
            author.add_argument(
                "--model", type=Path, metavar="GIN", help="a gin file that binds ModelGenerator: a model writes them"
            )
            command.add_argument("--seed", type=int, default=1, help="of all of them (default: 1)")
            command.add_argument(
                "--contract-seconds",
                type=float,
                default=0.0,
                metavar="S",
                help="symbolic search for a counterexample of every contract, so long at most (default: 0, none)",
            )
            command.add_argument(
                "--benchmarks",
                type=Path,
                metavar="GIN",
                help="a gin file that binds Audit.benchmarks, such as gin/benchmarks/all.gin: no problem that has an "
                "item of theirs is kept",
            )
            _add_pool(command)
        if name == "audit":
            _add_pool(command)
        if name == "data":
            command.add_argument("--task", metavar="NAME", help="show all that is known of this task's store")
            command.add_argument("--documents", type=int, metavar="N", help="show N documents of the task as text")
            command.add_argument("--split", choices=("train", "heldout"), default="train", help="theirs")
            command.add_argument("--language", help="theirs")
            command.add_argument("--json", action="store_true", help="print the same, in full, as JSON")
        if name == "train":
            command.add_argument("--phase", metavar="KEY", help="the key of one phase, from `codemix plan`")
            command.add_argument(
                "--compile-only",
                action="store_true",
                help="compile the step for Hardware.topology, without its chips: memory, collectives, and whether it fits",
            )
            command.add_argument("--coordinator", metavar="HOST:PORT", help="of the first of several processes")
            command.add_argument("--processes", type=int, help="how many there are")
            command.add_argument("--process", type=int, help="which one this is, from 0")
    return parser


def _add_pool(command: argparse.ArgumentParser) -> None:
    pool = command.add_mutually_exclusive_group()
    pool.add_argument("--workers", type=int, help="processes that do the work (default: one a core)")
    pool.add_argument(
        "--runner",
        metavar="NAME",
        help="do it by Apache Beam: DirectRunner, DataflowRunner, FlinkRunner, SparkRunner…; its own options follow "
        "a --",
    )


def _pool(parsed: argparse.Namespace, beam_options: list[str]):
    """The workers that were asked for."""
    from codemix.data.beam import beam_pool
    from codemix.data.pool import worker_pool
    from codemix.store.paths import open_folder

    if not parsed.runner:
        return worker_pool(parsed.workers)
    # A folder for each machine, as there is a lock on each: another may prepare into the same bucket.
    scratch = open_folder(parsed.data or parsed.home) / f".beam-{platform.node()}"
    return beam_pool(parsed.runner, beam_options, scratch)


def _run_command(parsed: argparse.Namespace, overrides: tuple[str, ...], beam_options: list[str]) -> None:
    from rich.console import Console

    from codemix.study import run

    console = Console()
    if parsed.command == "generate":
        _generate(console, parsed, overrides, beam_options)
        return
    request = run.Request(parsed.study, overrides, parsed.home, parsed.data)
    if parsed.command == "plan":
        _plan(request, console, parsed.json, parsed.svg)
    elif parsed.command == "prepare":
        _prepare(request, console, parsed, beam_options)
    elif parsed.command == "data":
        _data(request, console, parsed)
    elif parsed.command == "audit":
        run.audit(request, console, _pool(parsed, beam_options))
    elif parsed.command == "run":
        run.run(request, console)
    elif parsed.command == "status":
        _status(request, console, parsed.json)
    elif parsed.command == "train":
        _train(request, console, parsed)
    elif parsed.command == "evaluate":
        run.evaluate(request, console)
    elif parsed.command == "report":
        run.report(request, console)


def _plan(request, console, as_json: bool, svg: Path | None) -> None:
    from codemix.store.atomic import write_bytes
    from codemix.study.record import plan_record
    from codemix.study.show import show_plan

    plan, operative_gin = request.plan()
    if svg:
        from codemix.reporting.dag import dag_svg

        write_bytes(svg, dag_svg(plan_record(plan, request.command, operative_gin)))
    if as_json:
        _print_json(plan_record(plan, request.command, operative_gin))
    else:
        show_plan(plan, console)


def _prepare(request, console, parsed: argparse.Namespace, beam_options: list[str]) -> None:
    from rich.progress import Progress

    from codemix.study.run import prepare_missing

    plan, _ = request.plan()
    if not plan.missing_tasks:
        console.print("Every token store is there; nothing to prepare.")
    prepare_missing(plan, console, _pool(parsed, beam_options))
    if parsed.check:
        from codemix.data.check import check_stores

        with Progress(console=console) as progress:
            compared = check_stores(plan.study.corpora, list(plan.stores), plan.data, progress)
        console.print(f"{compared:,} tokens are those that the SeqIO tasks yield.")


def _generate(console, parsed: argparse.Namespace, overrides: tuple[str, ...], beam_options: list[str]) -> None:
    from rich.progress import Progress

    from codemix.store.paths import open_folder
    from codemix.study.gin_files import load_audit, load_model_generator
    from codemix.synthetic.generate import generate
    from codemix.synthetic.model.generate import generate_with_model
    from codemix.synthetic.show import show_generated

    if overrides:
        raise UserError(
            f"--gin.{overrides[0]} overrides what a study says; change the file of --model or --benchmarks."
        )
    if parsed.model and parsed.contract_seconds:
        raise UserError("--contract-seconds runs code outside the sandbox, a model's never; leave it or --model out.")
    audit = load_audit(parsed.benchmarks) if parsed.benchmarks else None
    author = load_model_generator(parsed.model) if parsed.model else None
    name = f"{parsed.problems}-{parsed.model.stem}" if parsed.model else f"{parsed.problems}-seed-{parsed.seed}"
    folder = open_folder(parsed.data or parsed.home) / "synthetic" / name
    with Progress(console=console) as progress, _pool(parsed, beam_options) as pool:
        if author:
            manifest = generate_with_model(author, parsed.problems, folder, pool, audit, progress)
        else:
            manifest = generate(
                parsed.problems,
                parsed.seed,
                folder,
                pool,
                parsed.families,
                audit,
                progress,
                parsed.contract_seconds,
            )
    show_generated(manifest, folder, console)


def _data(request, console, parsed: argparse.Namespace) -> None:
    from codemix.data.inventory import facts
    from codemix.store.paths import open_folder
    from codemix.study.show_data import show_documents, show_store, show_stores
    from codemix.study.stored import stores_in, stores_of

    if parsed.documents is not None and parsed.task is None:
        raise UserError("--documents shows those of one task; name it with --task.")
    if parsed.study is None and request.overrides:
        raise UserError(f"--gin.{request.overrides[0]} overrides what a study says; give its file.")
    stored = stores_of(request.plan()[0]) if parsed.study else stores_in(open_folder(parsed.data or parsed.home))

    if parsed.documents is not None:
        documents = stored.documents(parsed.task, parsed.split, parsed.documents, parsed.language)
        if parsed.json:
            _print_json([dataclasses.asdict(document) for document in documents])
        else:
            show_documents(documents, console)
    elif parsed.task is not None:
        known = facts(stored.store(parsed.task))
        if parsed.json:
            _print_json(known)
        else:
            show_store(known, console)
    elif parsed.json:
        missing = [{"task": task, "key": key, "missing": True} for task, key in stored.missing.items()]
        _print_json([facts(store) for store in stored.stores] + missing)
    else:
        show_stores(stored, console)


def _train(request, console, parsed: argparse.Namespace) -> None:
    from codemix.study import run

    if parsed.compile_only:
        from codemix.study.compiled import compile_study, show_compiled

        plan, _ = request.plan()
        with console.status("compiling"):
            compiled = compile_study(plan)
        show_compiled(compiled, plan, console)
        return
    if parsed.phase and parsed.phase not in request.plan()[0].phases:
        raise UserError(f"--phase {parsed.phase}: the study has no such phase; `codemix plan` prints the keys.")
    if parsed.coordinator:
        import jax

        jax.distributed.initialize(parsed.coordinator, parsed.processes, parsed.process)
    from codemix.training.processes import is_leader, leader_first

    plan, _ = leader_first(lambda: run.prepared(request, console))
    keys = [parsed.phase] if parsed.phase else list(plan.phases)
    console.quiet = not is_leader()
    run.train_phases(plan, keys, console)


def _status(request, console, as_json: bool) -> None:
    from codemix.study import run
    from codemix.study.live import shown_status

    status = run.status(request)
    if as_json:
        _print_json(dataclasses.asdict(status))
    else:
        console.print(shown_status(status), highlight=False)


def _print_json(content: Any) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False))


def _exit(sentence: str, status: int = _USER_ERROR) -> None:
    print(f"codemix: {sentence}", file=sys.stderr)
    raise SystemExit(status)


def _exit_at_once(sentence: str) -> None:
    """For a full disk: threads and exit handlers that still write would each tell it again, with a traceback."""
    print(f"codemix: {sentence}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_USER_ERROR)
