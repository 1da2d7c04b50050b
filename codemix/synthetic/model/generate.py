"""A model's problems as files, in the layout of `codemix.synthetic.generate`.

<folder>/problems-00000.jsonl.zst     records that the schema ProblemSolution reads (identity='id')
<folder>/manifest.json                written last: counts by style, level and rule, drops, mutants, requests, tokens
<folder>/answers/                     every request and answer; kept, so that the same run asks nothing again
<folder>/.KEY.partial/                what is finished of it, until the manifest is there

The bytes of the shards depend on the generator, the count, the audit and the answers, never on the order in which
these came. What is killed goes on with the blocks and answers that are there.
"""

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import zstandard
from rich.progress import Progress

from codemix import __version__
from codemix.chat.cache import Cache
from codemix.chat.client import Client
from codemix.data.audit.config import Audit
from codemix.data.document_store import write_documents
from codemix.data.drops import Drops
from codemix.data.pool import Pool, default_workers
from codemix.data.progress import track
from codemix.errors import UserError
from codemix.sandbox import Limits, Sandbox
from codemix.store.atomic import read_json, remove_leftovers, write_bytes, write_json
from codemix.store.fingerprint import fingerprint
from codemix.store.paths import remove_tree
from codemix.synthetic.generate import MANIFEST
from codemix.synthetic.leaving_out import audited, left_out, write_kept
from codemix.synthetic.model.collection import Made, as_document, as_record, made
from codemix.synthetic.model.config import ModelGenerator
from codemix.synthetic.model.fragments import Fragments
from codemix.synthetic.verification import LEVELS

BLOCK = 100  # prompts of one file
_LIMITS = Limits(cpu_seconds=1.0)  # every mutant that does not end costs all of it


def generate_with_model(
    generator: ModelGenerator,
    count: int,
    folder: Path,
    pool: Pool,
    audit: Audit | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Asks for `count` problems and writes those that pass, unless they are there.

    Args:
        generator: whom to ask, and how.
        count: prompts.
        folder: where the problems are written; a folder of their own.
        pool: looks for near-duplicates and benchmark items.
        audit: benchmarks whose items no problem may have.
        progress: shows how far it is, if given.

    Returns:
        The manifest.

    Raises:
        UserError: a count below 1, no Python to quote, a folder that holds other problems, or an endpoint that does not
            answer; what it has answered is kept.
    """
    if count < 1:
        raise UserError(f"generate: {count} problems are asked for; give at least 1.")
    key = fingerprint([count, generator.fingerprint(), audited(audit)])
    if (folder / MANIFEST).exists():
        manifest: dict[str, Any] = read_json(folder / MANIFEST)
        if manifest["key"] != key:
            raise UserError(f"{folder}: holds problems of another count, model or version; give another folder.")
        return manifest
    partial = folder / f".{key}.partial"
    remove_leftovers(folder)
    client = Client(generator, Cache(folder / "answers"))
    blocks = _ask(generator, client, count, partial, progress)
    out = left_out(audit, [partial / block["documents"] for block in blocks], partial, pool)
    names = [f"{number:05d}.jsonl.zst" for number in range(len(blocks))]
    shards = [
        write_kept(partial / name, folder / f"problems-{name}", rows)[1] for name, rows in zip(names, out, strict=True)
    ]
    manifest = {
        "codemix": __version__,
        "key": key,
        "model": generator.model,
        "seed": generator.seed,
        "problems": count,
        **_counts(blocks, shards),
        "requests": dict(sorted(client.counts.items())),
    }
    write_json(folder / MANIFEST, manifest)
    remove_tree(partial)
    return manifest


def _ask(
    generator: ModelGenerator, client: Client, count: int, partial: Path, progress: Progress | None
) -> list[dict[str, Any]]:
    """Everything that is still to be asked. Gives what is recorded of each block."""
    advance = track(progress, "ask", total=count)
    stretches = [range(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
    missing = [number for number in range(len(stretches)) if not _record(partial, number).exists()]
    advance(count - sum(len(stretches[number]) for number in missing))
    if missing:
        fragments = Fragments(generator.fragments, generator.seed)
        indices = [index for number in missing for index in stretches[number]]
        with Sandbox(_LIMITS, default_workers()) as sandbox:
            stream = made(generator, client, sandbox, fragments, indices)
            for number in missing:
                block = []
                for one in itertools.islice(stream, len(stretches[number])):
                    block.append(one)
                    advance(1)
                _write_block(generator, block, partial, number)
    return [read_json(_record(partial, number)) for number in range(len(stretches))]


def _record(partial: Path, number: int) -> Path:
    return partial / f"{number:05d}.json"


def _write_block(generator: ModelGenerator, block: list[Made], partial: Path, number: int) -> None:
    drops = Drops()
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("levels", "mutants", "rules", "styles")}
    for one in block:
        counts["levels"].update(f"{level} {LEVELS[level - 1]}" for level in range(1, one.verification.passed + 1))
        counts["rules"].update(rule for rule, holds in one.rules.items() if holds)
        counts["rules"]["asked"] += bool(one.rules)
        if figures := one.verification.score:
            numbers = (figures.mutants, figures.killed, figures.presumed_equivalent)
            counts["mutants"].update(dict(zip(("made", "killed", "presumed equivalent"), numbers, strict=True)))
        if one.reason:
            drops.add(one.reason, f"{generator.seed}-{one.index}")
        else:
            counts["styles"][one.style] += 1
    kept = [one for one in block if not one.reason]
    lines = [orjson.dumps(as_record(generator, one)) + b"\n" for one in kept]
    write_bytes(partial / f"{number:05d}.jsonl.zst", zstandard.compress(b"".join(lines)))
    documents = partial / f"{number:05d}.parquet"
    write_documents(documents, [as_document(generator, one) for one in kept])
    asked_again = sum(one.asked > 1 for one in block)
    entry = {"documents": documents.name, "asked_again": asked_again, "drops": drops.counts, **counts}
    write_json(_record(partial, number), entry)


def _counts(blocks: list[dict[str, Any]], shards: list[dict[str, Any]]) -> dict[str, Any]:
    drops = Drops()
    totals: dict[str, Counter[str]] = {name: Counter() for name in ("levels", "mutants", "rules", "styles")}
    for block in blocks:
        drops.merge(block["drops"])
        for name, counts in totals.items():
            counts.update(block[name])
    for shard in shards:
        drops.merge(shard["drops"])
    mutants = totals["mutants"]
    counted = mutants["made"] - mutants["presumed equivalent"]
    return {
        "kept": sum(shard["problems"] for shard in shards),
        "bytes": sum(shard["bytes"] for shard in shards),
        "asked_again": sum(block["asked_again"] for block in blocks),
        **{name: dict(sorted(totals[name].items())) for name in ("levels", "rules", "styles")},
        "mutants": {**mutants, "score": mutants["killed"] / max(1, counted)},
        "drops": drops.counts,
        "shards": [{name: shard[name] for name in ("file", "problems", "bytes", "xxh3")} for shard in shards],
    }
