"""Near-duplicates beside rensa, datasketch and datatrove: signatures in MB of text a second and core, recall, clusters.

    python -m tests.benchmarks.near_duplicates

Real Python files (of CODEMIX_SAMPLES where it is set, otherwise of the standard library), from a list of strings to
signatures of 256 permutations of their shingles of 5 words; shingling is part of it, as code in Python for rensa and
datasketch, which have none. All in one process; rounds alternate, figures are medians. datatrove signs a part of the
files, with its own words (spaCy's), 25 × 10 hashes, and SHA-1, since its XXH64 does not run with the newest xxhash.
Clusters are of all languages' files, from signatures.
"""

import os
import re
import statistics
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import datasketch
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rensa
from rich.console import Console
from rich.progress import track
from rich.table import Table

from codemix.data.document_store import write_documents
from codemix.data.documents import Document
from codemix.data.near_duplicates.clusters import resolve
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.near_duplicates.kernel import hash_bands
from codemix.data.near_duplicates.signatures import SignedFile, permutations, sign_file
from tests.unit.data.near_duplicates_planted import PLANTED, planted_pairs

os.environ["LOGURU_LEVEL"] = "ERROR"  # read when datatrove is imported: it tells of every bucket it sorts

from datatrove.data import Document as TroveDocument
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.utils.hashing import HashConfig

SPEC = NearDuplicates(("files",))
BANDS, ROWS = SPEC.bands_and_rows()
USED = BANDS * ROWS  # of the permutations
ROUNDS = 7
PART = 200  # files for datatrove
PAIRS = 2000
WORD = re.compile(r"[A-Za-z_0-9\u0080-\U0010ffff]+")


def texts_by_language() -> dict[str, list[str]]:
    if samples := os.environ.get("CODEMIX_SAMPLES"):
        files = sorted((Path(samples) / "pretrain" / "starcoderdata").glob("*/*.parquet"))
        tables = {file.parent.name: pq.read_table(file, columns=["content"]) for file in files}
        return {language: table["content"].to_pylist() for language, table in tables.items()}
    library = Path(sysconfig.get_path("stdlib"))
    found = [file for file in sorted(library.rglob("*.py")) if "site-packages" not in file.parts]
    return {"python": [file.read_text(encoding="utf-8", errors="replace") for file in found[:2000]]}


def megabytes(texts: Sequence[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def shingles(text: str) -> list[str]:
    words = WORD.findall(text)
    return [" ".join(words[i : i + SPEC.shingle]) for i in range(len(words) - SPEC.shingle + 1)]


def codemix_bands(texts: list[str]) -> np.ndarray:
    """(bands, texts) hashes."""
    _, offsets, data = pa.array(texts, pa.large_string()).buffers()
    hashes = np.empty((BANDS, len(texts)), np.uint64)
    places = np.frombuffer(offsets, np.int64)[: len(texts) + 1]
    a, b = permutations(SPEC)
    hash_bands(np.frombuffer(data, np.uint8), places, SPEC.shingle, SPEC.minimum_tokens, a, b, ROWS, hashes)
    return hashes


def rensa_signatures(texts: list[str], count: int = SPEC.permutations) -> list[rensa.RMinHash]:
    signatures = []
    for text in texts:
        signature = rensa.RMinHash(num_perm=count, seed=1)
        signature.update(shingles(text))
        signature.digest()
        signatures.append(signature)
    return signatures


def rensa_matrix(texts: list[str]) -> Any:
    return rensa.RMinHash.digest_matrix_from_token_sets(map(shingles, texts), SPEC.permutations, 1)


def datasketch_signatures(texts: list[str]) -> list[datasketch.MinHash]:
    signatures = []
    for text in texts:
        signature = datasketch.MinHash(SPEC.permutations)
        signature.update_batch([shingle.encode() for shingle in shingles(text)])
        signatures.append(signature)
    return signatures


def datatrove_signatures(texts: list[str]) -> None:
    documents = [TroveDocument(text, str(number)) for number, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        config = MinhashConfig(
            n_grams=SPEC.shingle, num_buckets=BANDS, hashes_per_bucket=ROWS, hash_config=HashConfig(hash_fc="sha1")
        )
        MinhashDedupSignature(folder, config).run(iter(documents))


def codemix_files(documents: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        sign_file(SPEC, documents, Path(fresh) / "signatures.parquet")


def losers(candidates: Callable[[int], Sequence[int]], count: int) -> int:
    """How many of `count` documents are left out, by union-find over the candidates of each."""
    parents = list(range(count))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    for place in range(count):
        for other in candidates(place):
            one, another = sorted((root(place), root(other)))
            parents[another] = one
    return count - len({root(place) for place in range(count)})


def codemix_clusters(files: list[SignedFile]) -> int:
    return sum(len(losses.rows) for losses in resolve(SPEC, files))


def rensa_clusters(signatures: list[rensa.RMinHash]) -> int:
    index = rensa.RMinHashLSH(threshold=SPEC.threshold, num_perm=USED, num_bands=BANDS)
    index.insert_many(signatures)
    return losers(index.query_all(signatures).__getitem__, len(signatures))


def datasketch_clusters(signatures: list[datasketch.MinHash]) -> int:
    index = datasketch.MinHashLSH(num_perm=SPEC.permutations, params=(BANDS, ROWS))
    for number, signature in enumerate(signatures):
        index.insert(number, signature)
    return losers(lambda number: index.query(signatures[number]), len(signatures))


def medians(programs: dict[str, Callable[[], Any]], title: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Seconds of each, and what it gave."""
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    results = {name: program() for name, program in programs.items()}
    for _ in track(range(ROUNDS), title, transient=True):
        for name, program in programs.items():
            start = time.perf_counter()
            program()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}, results


def show_signatures(texts: list[str], folder: Path, console: Console) -> None:
    documents = folder / "python.parquet"
    write_documents(documents, [Document(str(i), text, "python", "", {}) for i, text in enumerate(texts)])
    part = texts[:PART]
    sizes = {"datatrove stage 1": megabytes(part)}
    programs: dict[str, Callable[[], Any]] = {
        "codemix": lambda: codemix_bands(texts),
        "codemix, document file to signature file": lambda: codemix_files(documents, folder),
        "rensa RMinHash": lambda: rensa_signatures(texts),
        "rensa RMinHash, all texts in one call": lambda: rensa_matrix(texts),
        "datasketch update_batch": lambda: datasketch_signatures(texts),
        "datatrove stage 1": lambda: datatrove_signatures(part),
    }
    seconds, _ = medians(programs, "signatures")
    whole = megabytes(texts)
    rates = {name: sizes.get(name, whole) / taken for name, taken in seconds.items()}
    table = Table(title=f"signatures with shingling: {len(texts)} files, {whole:.1f} MB, {SPEC.permutations} functions")
    for column in ("", "MB/s", "codemix is faster"):
        table.add_column(column, justify="left" if not column else "right")
    for name, rate in rates.items():
        table.add_row(name, f"{rate:.1f}", "" if name == "codemix" else f"{rates['codemix'] / rate:.1f}×")
    console.print(table)


def show_recall(console: Console) -> None:
    table = Table(title=f"recall of {PAIRS} planted pairs, {BANDS} bands of {ROWS}")
    for column in ("Jaccard similarity", "1 − (1 − s^r)^b", "codemix", "rensa"):
        table.add_column(column, justify="right")
    for similarity in PLANTED:
        texts = [text for pair in planted_pairs(similarity, PAIRS, seed=1) for text in pair]
        ours = codemix_bands(texts).T.reshape(PAIRS, 2, BANDS, 1)
        theirs = np.array([signature.digest() for signature in rensa_signatures(texts, USED)])
        found = []
        for bands in (ours, theirs.reshape(PAIRS, 2, BANDS, ROWS)):
            found.append((bands[:, 0] == bands[:, 1]).all(axis=-1).any(axis=-1).mean())
        expected = 1 - (1 - similarity**ROWS) ** BANDS
        table.add_row(f"{similarity}", f"{expected:.4f}", *(f"{share:.4f}" for share in found))
    console.print(table)


def show_clusters(texts_of: dict[str, list[str]], folder: Path, console: Console) -> None:
    files = []
    for language, texts in texts_of.items():
        documents = folder / f"{language}.documents"
        write_documents(
            documents, [Document(f"{language}:{i}", text, language, "", {}) for i, text in enumerate(texts)]
        )
        files.append(SignedFile(sign_file(SPEC, documents, folder / f"{language}.signatures"), "files", False))
    texts = [text for texts in texts_of.values() for text in texts]
    rensas, datasketches = rensa_signatures(texts, USED), datasketch_signatures(texts)
    programs: dict[str, Callable[[], Any]] = {
        "codemix, from signature files": lambda: codemix_clusters(files),
        "rensa RMinHashLSH": lambda: rensa_clusters(rensas),
        "datasketch MinHashLSH": lambda: datasketch_clusters(datasketches),
    }
    seconds, left_out = medians(programs, "clusters")
    table = Table(title=f"LSH and clusters: {len(texts)} files, {megabytes(texts):.1f} MB, {BANDS} bands of {ROWS}")
    for column in ("", "ms", "documents/s", "left out", "codemix is faster"):
        table.add_column(column, justify="left" if not column else "right")
    base = next(iter(seconds.values()))
    for name, taken in seconds.items():
        ratio = "" if taken == base else f"{taken / base:.1f}×"
        table.add_row(name, f"{taken * 1e3:.1f}", f"{len(texts) / taken:,.0f}", str(left_out[name]), ratio)
    console.print(table)


def main() -> None:
    console = Console(width=100)
    texts_of = texts_by_language()
    with tempfile.TemporaryDirectory() as folder:
        show_signatures(texts_of["python"], Path(folder), console)
        show_recall(console)
        show_clusters(texts_of, Path(folder), console)


if __name__ == "__main__":
    main()
