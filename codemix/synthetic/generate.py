"""A collection of any size as files: problems made and verified by workers, deduplicated, audited.

<folder>/problems-00000.jsonl.zst     records that the schema ProblemSolution reads (identity='id')
<folder>/manifest.json                written last: counts by family and level, drops, mutants, rates
<folder>/.KEY.partial/                what is finished of it, until the manifest is there

A shard's bytes depend on seed, families, count and audit, never on which worker made it; a killed generation goes on
with the shards that are there. Where contracts are checked, the level of a problem that has one (5, or 4 where the time
did not suffice) depends on the machine's speed, too.
The parent holds counts, and some 32 bytes a problem while near-duplicates are sought.
"""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import zstandard
from rich.progress import Progress

from codemix import __version__
from codemix.data.audit.config import Audit
from codemix.data.document_store import write_documents
from codemix.data.documents import Document, Dropped
from codemix.data.drops import Drops
from codemix.data.pool import Pool
from codemix.data.progress import track
from codemix.errors import UserError
from codemix.store.atomic import read_json, remove_leftovers, write_bytes, write_json
from codemix.store.fingerprint import fingerprint
from codemix.store.paths import remove_tree
from codemix.synthetic.collection import as_document, key_of, verified
from codemix.synthetic.contracts import MEANING, UNSETTLED, ContractChecker
from codemix.synthetic.layouts import record
from codemix.synthetic.leaving_out import audited, left_out, write_kept
from codemix.synthetic.registry import chosen
from codemix.synthetic.registry import families as known_families
from codemix.synthetic.verification import LEVELS

MANIFEST = "manifest.json"
SHARD = 1000  # problems of one file


def generate(
    count: int,
    seed: int,
    folder: Path,
    pool: Pool,
    families: Sequence[str] = (),
    audit: Audit | None = None,
    progress: Progress | None = None,
    contract_seconds: float = 0.0,
) -> dict[str, Any]:
    """Makes `count` problems and writes those that pass, unless they are there.

    Args:
        count: problems that are made.
        seed: of all of them.
        folder: where they are written; a folder of their own.
        pool: runs the work.
        families: which, by name; by default all.
        audit: benchmarks whose items no problem may have.
        progress: shows how far it is, if given.
        contract_seconds: of symbolic checking for each contract (`codemix.synthetic.contracts`); 0 leaves it out.

    Returns:
        The manifest.

    Raises:
        UserError: a count below 1, an unknown family, a folder that holds other problems, or contracts are asked for
            and CrossHair is not installed.
    """
    if count < 1:
        raise UserError(f"generate: {count} problems are asked for; give at least 1.")
    families = [family.name for family in chosen(tuple(families))]
    asked = [contract_seconds] if contract_seconds else []
    key = fingerprint([count, key_of(seed, families), audited(audit), *asked])
    if (folder / MANIFEST).exists():
        manifest: dict[str, Any] = read_json(folder / MANIFEST)
        if manifest["key"] != key:
            raise UserError(
                f"{folder}: holds problems of another count, seed, version or contract time; give another folder."
            )
        return manifest
    if contract_seconds:
        ContractChecker(contract_seconds)  # what it lacks is told before anything is made
    began = time.perf_counter()
    partial = folder / f".{key}.partial"
    remove_leftovers(folder)
    records = _verify(count, seed, families, contract_seconds, partial, pool, progress)
    out = left_out(audit, [partial / entry["documents"] for entry in records], partial, pool)
    calls = [(partial, folder, number, out[number]) for number in range(len(records))]
    written = list(pool.map_in_order(_write_shard, calls))
    manifest = _manifest(records, written, time.perf_counter() - began)
    if contract_seconds:
        manifest["contracts"] = {"means": MEANING, "seconds": contract_seconds, **manifest["contracts"]}
    manifest = {"codemix": __version__, "key": key, "seed": seed, "problems": count, **manifest}
    write_json(folder / MANIFEST, manifest)
    remove_tree(partial)
    return manifest


def _verify(
    count: int,
    seed: int,
    families: list[str],
    contract_seconds: float,
    partial: Path,
    pool: Pool,
    progress: Progress | None,
) -> list[dict[str, Any]]:
    """Makes and verifies all shards. Gives what is recorded of each."""
    advance = track(progress, "generate", total=count)
    stretches = [(start, min(start + SHARD, count)) for start in range(0, count, SHARD)]
    calls = ((seed, *stretch, families, contract_seconds, partial, number) for number, stretch in enumerate(stretches))
    records = []
    for entry in pool.map_in_order(_verify_shard, calls):
        records.append(entry)
        advance(entry["made"])
    return records


def _verify_shard(
    seed: int, start: int, stop: int, families: list[str], contract_seconds: float, partial: Path, number: int
) -> dict[str, Any]:
    """Writes the problems of one shard that pass, as records and as documents, unless they are there. In a worker."""
    record_path = partial / f"{number:05d}.json"
    if record_path.exists():
        entry: dict[str, Any] = read_json(record_path)
        return entry
    drops = Drops()
    levels: Counter[str] = Counter()
    mutants: Counter[str] = Counter()
    contracts: Counter[str] = Counter()
    lines: list[bytes] = []
    documents: list[Document] = []
    seconds: dict[str, float] = {}
    for result in verified(seed, start, stop, families, seconds, contract_seconds):
        levels.update(f"{level} {LEVELS[level - 1]}" for level in range(1, result.verification.passed + 1))
        if checked := result.verification.contract:
            contracts[checked.outcome] += 1
            if checked.outcome == UNSETTLED:
                levels[f"4 {LEVELS[3]}; symbolic: {UNSETTLED} of {contract_seconds:g} s"] += 1
        if figures := result.verification.score:
            counts = (figures.mutants, figures.killed, figures.presumed_equivalent)
            mutants.update(dict(zip(("made", "killed", "presumed equivalent"), counts, strict=True)))
        made = as_document(result)
        if isinstance(made, Dropped) or result.kept is None:
            drops.add(f"level {result.verification.passed + 1}: {result.verification.reason}", result.id)
        else:
            documents.append(made)
            lines.append(orjson.dumps(record(result.kept) | {"level": result.verification.passed}) + b"\n")
    write_bytes(partial / f"{number:05d}.jsonl.zst", zstandard.compress(b"".join(lines)))
    path = partial / f"{number:05d}.parquet"
    write_documents(path, documents)
    entry = {
        "made": stop - start,
        "documents": path.name,
        "levels": levels,
        "mutants": mutants,
        "contracts": contracts,
        "drops": drops.counts,
        "seconds": seconds,
    }
    write_json(record_path, entry)
    return entry


def _write_shard(partial: Path, folder: Path, number: int, out: dict[int, str]) -> dict[str, Any]:
    """Writes the records that stay, and counts them. In a worker."""
    name = f"{number:05d}.jsonl.zst"
    problems, counts = write_kept(partial / name, folder / f"problems-{name}", out)
    known = known_families()
    families = Counter(problem["family"] for problem in problems)
    topics: Counter[str] = Counter()
    for problem in problems:
        topics.update({known[name].topic for name in problem["family"].split("+")})
    return {**counts, "families": families, "topics": topics}


def _manifest(records: list[dict[str, Any]], written: list[dict[str, Any]], elapsed: float) -> dict[str, Any]:
    """What all shards have together."""
    drops = Drops()
    totals: dict[str, Counter[str]] = {name: Counter() for name in ("levels", "mutants", "contracts", "seconds")}
    parts: dict[str, Counter[str]] = {name: Counter() for name in ("families", "topics")}
    for entry in records:
        drops.merge(entry["drops"])
        for name, counts in totals.items():
            counts.update(entry[name])
    for entry in written:
        drops.merge(entry["drops"])
        for name, counts in parts.items():
            counts.update(entry[name])
    families, stages = Counter[str](), Counter[str]()
    for name, number in parts["families"].items():
        stages[str(name.count("+") + 1)] += number
        families.update(dict.fromkeys(name.split("+"), number))
    mutants = totals["mutants"]
    made = sum(entry["made"] for entry in records)
    return {
        "kept": sum(entry["problems"] for entry in written),
        "bytes": sum(entry["bytes"] for entry in written),
        "levels": dict(sorted(totals["levels"].items())),
        "families": dict(sorted(families.items())),  # a pipeline counts for each of its families
        "topics": dict(sorted(parts["topics"].items())),
        "stages": dict(sorted(stages.items())),
        "mutants": {**mutants, "score": mutants["killed"] / max(1, mutants["made"] - mutants["presumed equivalent"])},
        "contracts": dict(sorted(totals["contracts"].items())),  # empty where they were not asked
        "drops": drops.counts,
        "rates": {
            "problems_per_second": made / elapsed,
            "worker_milliseconds": {name: 1000 * spent / made for name, spent in sorted(totals["seconds"].items())},
        },
        "shards": [{name: entry[name] for name in ("file", "problems", "bytes", "xxh3")} for entry in written],
    }
