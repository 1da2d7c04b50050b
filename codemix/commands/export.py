"""codemix export"""

import argparse
from pathlib import Path

from codemix.commands.arguments import add_study, request_of

HELP = "a checkpoint as a Hugging Face folder (CohereForCausalLM): weights, tokenizer, model card"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("--phase", metavar="KEY", help="the key of a phase, from `codemix plan`")
    which.add_argument("--arm", metavar="NAME", help="the last phase of an arm")
    command.add_argument("--seed", type=int, help="of the arm (default: the study's first)")
    command.add_argument(
        "--step",
        type=int,
        metavar="N",
        help="of the checkpoint, counted from the start of the arm (default: the newest)",
    )
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="absent or empty")
    command.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the weights")


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.exporting import export, phase_to_export

    plan, operative_gin = request_of(parsed).plan()
    run, key = phase_to_export(plan, parsed.phase, parsed.arm, parsed.seed)
    with console.status("exporting"):
        step = export(plan, operative_gin, run, key, parsed.step, parsed.to, parsed.dtype)
    console.print(f"{run.arm}, seed {run.seed}, phase {key}, step {step:,}: {parsed.to}", highlight=False)
