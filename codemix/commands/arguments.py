"""What several commands have: the study, where things are kept, who does the work."""

import argparse
import json
import os
import platform
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from codemix.data.pool import Pool
    from codemix.study.run import Request


def add_study(command: argparse.ArgumentParser, optional: bool = False) -> None:
    command.add_argument(
        "study",
        type=Path,
        metavar="STUDY",
        nargs="?" if optional else None,
        help="a gin file, such as gin/studies/quickstart.gin",
    )
    add_folders(command)


def add_folders(command: argparse.ArgumentParser) -> None:
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


def request_of(parsed: argparse.Namespace) -> "Request":
    """The study that was named, with what overrides it."""
    from codemix.study.run import Request

    return Request(parsed.study, parsed.overrides, parsed.home, parsed.data)


def add_pool(command: argparse.ArgumentParser) -> None:
    pool = command.add_mutually_exclusive_group()
    pool.add_argument("--workers", type=int, help="processes that do the work (default: one a core)")
    pool.add_argument(
        "--runner",
        metavar="NAME",
        help="do it by Apache Beam: DirectRunner, DataflowRunner, FlinkRunner, SparkRunner…; its own options follow "
        "a --",
    )


def pool_of(parsed: argparse.Namespace) -> "AbstractContextManager[Pool]":
    """The workers that were asked for."""
    from codemix.data.beam import beam_pool
    from codemix.data.pool import worker_pool
    from codemix.store.paths import open_folder

    if not parsed.runner:
        return worker_pool(parsed.workers)
    # A folder for each machine, as there is a lock on each: another may prepare into the same bucket.
    scratch = open_folder(parsed.data or parsed.home) / f".beam-{platform.node()}"
    return beam_pool(parsed.runner, parsed.beam_options, scratch)


def add_processes(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group(
        "several processes that compute as one",
        "By themselves on TPU pods, under srun and mpirun, in indexed Jobs of Kubernetes; elsewhere by these three.",
    )
    group.add_argument("--coordinator", metavar="HOST:PORT", help="of the first of them")
    group.add_argument("--processes", metavar="N", type=int, help="how many there are")
    group.add_argument("--process", metavar="I", type=int, help="which one this is, from 0")


def join_processes(parsed: argparse.Namespace, console: "Console") -> None:
    """Joins the others of the job, before JAX is asked for anything. One of them speaks; what JAX compiles is kept."""
    from codemix.training.compilation_cache import keep_compiled
    from codemix.training.distributed import join
    from codemix.training.processes import is_leader

    join(parsed.coordinator, parsed.processes, parsed.process)
    keep_compiled(parsed.home)
    console.quiet = not is_leader()


def print_json(content: Any) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False))
