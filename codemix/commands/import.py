"""codemix import"""  # noqa: N999

import argparse
from pathlib import Path

from codemix.commands.arguments import add_study, request_of

HELP = "a Hugging Face folder (CohereForCausalLM) as a model that arms of the study start from (Arm.start)"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)
    command.add_argument(
        "--from", dest="folder", type=Path, required=True, metavar="FOLDER", help="its config.json and weights"
    )


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.study.importing import import_folder

    plan, _ = request_of(parsed).plan()
    with console.status("importing"):
        imported = import_folder(plan, parsed.folder)
    if imported.trimmed:
        console.print(f"{imported.trimmed:,} entries of the embedding have no token; they are left out.")
    console.print(f"Arms that start from it have Arm.start = '{imported.key}'.", highlight=False)
