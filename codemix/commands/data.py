"""codemix data"""

import argparse
import dataclasses

from codemix.commands.arguments import add_study, print_json, request_of
from codemix.errors import UserError

HELP = "the token stores that there are, or that STUDY needs; of one (--task), all that is known, and documents"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command, optional=True)
    command.add_argument("--task", metavar="NAME", help="show all that is known of this task's store")
    command.add_argument("--documents", type=int, metavar="N", help="show N documents of the task as text")
    command.add_argument("--split", choices=("train", "heldout"), default="train", help="theirs")
    command.add_argument("--language", help="theirs")
    command.add_argument("--json", action="store_true", help="print the same, in full, as JSON")


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.data.inventory import facts
    from codemix.store.paths import open_folder
    from codemix.study.show_data import show_documents, show_store, show_stores
    from codemix.study.stored import stores_in, stores_of

    if parsed.documents is not None and parsed.task is None:
        raise UserError("--documents shows those of one task; name it with --task.")
    if parsed.study is None and parsed.overrides:
        raise UserError(f"--gin.{parsed.overrides[0]} overrides what a study says; give its file.")
    if parsed.study:
        stored = stores_of(request_of(parsed).plan()[0])
    else:
        stored = stores_in(open_folder(parsed.data or parsed.home))

    if parsed.documents is not None:
        documents = stored.documents(parsed.task, parsed.split, parsed.documents, parsed.language)
        if parsed.json:
            print_json([dataclasses.asdict(document) for document in documents])
        else:
            show_documents(documents, console)
    elif parsed.task is not None:
        known = facts(stored.store(parsed.task))
        if parsed.json:
            print_json(known)
        else:
            show_store(known, console)
    elif parsed.json:
        missing = [{"task": task, "key": key, "missing": True} for task, key in stored.missing.items()]
        print_json([facts(store) for store in stored.stores] + missing)
    else:
        show_stores(stored, console)
