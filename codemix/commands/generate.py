"""codemix generate"""

import argparse
from pathlib import Path

from codemix.commands.arguments import add_folders, add_pool, pool_of
from codemix.errors import UserError

HELP = "synthetic Python problems, verified by execution, as files that the source `synthetic` reads"


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.usage = "%(prog)s --problems N [--workers N | --runner NAME] [options] [-- BEAM_OPTION …]"
    add_folders(command)
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
        help="a gin file that binds Audit.benchmarks, such as gin/benchmarks/all.gin: no problem that has an item of "
        "theirs is kept",
    )
    add_pool(command)


def run(parsed: argparse.Namespace, console) -> None:
    from rich.progress import Progress

    from codemix.store.paths import open_folder
    from codemix.study.gin_files import load_audit, load_model_generator
    from codemix.synthetic.generate import generate
    from codemix.synthetic.model.generate import generate_with_model
    from codemix.synthetic.show import show_generated

    if parsed.overrides:
        raise UserError(
            f"--gin.{parsed.overrides[0]} overrides what a study says; change the file of --model or --benchmarks."
        )
    if parsed.model and parsed.contract_seconds:
        raise UserError("--contract-seconds runs code outside the sandbox, a model's never; leave it or --model out.")
    audit = load_audit(parsed.benchmarks) if parsed.benchmarks else None
    author = load_model_generator(parsed.model) if parsed.model else None
    name = f"{parsed.problems}-{parsed.model.stem}" if parsed.model else f"{parsed.problems}-seed-{parsed.seed}"
    folder = open_folder(parsed.data or parsed.home) / "synthetic" / name
    with Progress(console=console) as progress, pool_of(parsed) as pool:
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
