"""Encoding with a `tokenizer.json`, in MB of text a second, beside Hugging Face's tokenizers: the same ids, compared.

    CODEMIX_SAMPLES=… python -m tests.benchmarks.encode [--megabytes 30]

Half of the text is of the web, half is code. A process has one thread (RAYON_NUM_THREADS=1); on all cores there is a
process for each, as in `prepare`, or, for tokenizers, one process with a thread for each, whichever is faster. Opening
the tokenizer and encoding the first texts is not measured. Documents whose ids differ are counted, and so are those of
them that spell a special token, which tokenizers reads as that token and codemix as text. Rounds alternate; figures are
medians.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import orjson
import tokenizers
import xxhash
from rich.console import Console
from rich.progress import track
from rich.table import Table

from codemix.data.pool import default_workers
from codemix.data.tokenizer_loading import load_tokenizer
from tests.benchmarks.sample_rows import TEXT_FIELD, rows, tokenizer_files

ROUNDS = 3
BATCH = 256  # texts
PEERS = ("encode_batch", "encode_batch_fast")


def encode(texts_path: Path, tokenizer_path: Path, how: str, part: int, parts: int, results: Connection) -> None:
    """Sends the seconds that every `parts`-th text takes, and a digest of each one's ids. Runs in a process."""
    texts = orjson.loads(texts_path.read_bytes())[part::parts]
    if how == "codemix":
        encode_batch = load_tokenizer(tokenizer_path).encode_batch
    else:
        peer = getattr(tokenizers.Tokenizer.from_file(str(tokenizer_path)), how)

        def encode_batch(batch):
            return [encoding.ids for encoding in peer(batch, add_special_tokens=False)]

    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    encode_batch(batches[0])
    start = time.perf_counter()
    ids = [encode_batch(batch) for batch in batches]
    seconds = time.perf_counter() - start
    results.send((seconds, [digest(sequence) for batch in ids for sequence in batch]))


def digest(ids) -> str:
    return xxhash.xxh3_64_hexdigest(orjson.dumps([int(number) for number in ids]))


def measure(texts: Path, tokenizer: Path, how: str, threads: int, processes: int) -> tuple[float, list[str]]:
    """Seconds until the last process is done, and the digests in the order of the texts."""
    os.environ["RAYON_NUM_THREADS"] = str(threads)  # read by the process that starts
    spawn = multiprocessing.get_context("spawn")
    running = []
    for part in range(processes):
        receive, send = spawn.Pipe(duplex=False)
        process = spawn.Process(target=encode, args=(texts, tokenizer, how, part, processes, send))
        process.start()
        send.close()
        running.append((process, receive))
    found = [receive.recv() for _, receive in running]
    for process, _ in running:
        process.join()
    digests: list[str] = [""] * sum(len(part) for _, part in found)
    for part, (_, some) in enumerate(found):
        digests[part::processes] = some
    return max(seconds for seconds, _ in found), digests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=30, help="of text")
    arguments = parser.parse_args()
    cores = default_workers()
    texts = [row[field] for kind, field in TEXT_FIELD.items() for row in rows(kind, arguments.megabytes / 2)]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = folder / "texts.json"
        path.write_bytes(orjson.dumps(texts))
        for name, tokenizer in tokenizer_files(folder).items():
            shapes = {"one": (1, 1), "processes": (1, cores), "threads": (cores, 1)}  # threads, processes
            runs = {("codemix", which): shapes[which] for which in ("one", "processes")}
            runs |= {(peer, which): shape for peer in PEERS for which, shape in shapes.items()}
            taken: dict[tuple[str, str], list[float]] = {run: [] for run in runs}
            digests: dict[str, list[str]] = {}
            for _ in track(range(ROUNDS), f"encoding with {name}", transient=True):
                for (how, which), (threads, processes) in runs.items():
                    seconds, digests[how] = measure(path, tokenizer, how, threads, processes)
                    taken[how, which].append(seconds)
            rate = {run: megabytes / statistics.median(seconds) for run, seconds in taken.items()}

            table = Table(title=f"{name}: {megabytes:.0f} MB, {len(texts):,} texts, MB/s of text")
            for column in ("", "one core", "codemix is faster", f"{cores} cores", "codemix is faster"):
                table.add_column(column, justify="left" if not column else "right")
            for how in ("codemix", *PEERS):
                cells = []
                for which in ("one", "processes"):
                    theirs = rate[how, which]
                    if which == "processes" and how != "codemix":
                        theirs = max(theirs, rate[how, "threads"])
                    ratio = rate["codemix", which] / theirs
                    cells += [f"{theirs:.1f}", f"{ratio:.1f}×" if how != "codemix" else ""]
                table.add_row(how if how == "codemix" else f"tokenizers, {how}", *cells)
            console.print(table)
            special = tokenizers.Tokenizer.from_file(str(tokenizer)).get_added_tokens_decoder().values()
            spelt = [token.content for token in special if token.special]
            for peer in PEERS:
                pairs = zip(texts, digests["codemix"], digests[peer], strict=True)
                differing = [text for text, ours, theirs in pairs if ours != theirs]
                explained = sum(any(token in text for token in spelt) for text in differing)
                console.print(
                    f"{peer}: {len(differing)} texts have other ids, {explained} of them spell a special token."
                )
            console.print(f"codemix encodes with {type(load_tokenizer(tokenizer)).__name__}.\n")


if __name__ == "__main__":
    main()
