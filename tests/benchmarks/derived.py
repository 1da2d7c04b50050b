"""Deriving sources from code, in MB of code a second on one core, and what is left of the code.

    CODEMIX_SAMPLES=… python -m tests.benchmarks.derived [--megabytes 1]

Of every language of the sample as many documents as the given megabytes hold. Shares are of their bytes, tokens are
those of the StarCoder tokenizer. What cannot be derived counts as work.
"""

import argparse
import gzip
import os
import time
from collections.abc import Callable
from pathlib import Path

import tokenizers
from rich.console import Console
from rich.table import Table

from codemix.data.derived.comments import comments_of
from codemix.data.derived.scrambling import scramble
from codemix.data.documents import Document
from codemix.data.records.folder import files_under
from codemix.data.records.records import Records
from codemix.data.records.schemas import StarCoder

LANGUAGES = (
    *("java", "javascript", "php", "python", "c-sharp", "typescript", "c", "cpp", "go", "ruby", "shell", "kotlin"),
    *("rust", "dart", "lua"),
)


def documents(samples: Path, language: str, size: float) -> list[str]:
    """The first documents of a language, up to `size` bytes."""
    origin = files_under(str(samples / "pretrain"), (f"starcoderdata/{language}/*.parquet",))
    reader = Records(origin, StarCoder())
    texts: list[str] = []
    for part in reader.shards():
        for document in reader.documents(part):
            if isinstance(document, Document):
                texts.append(document.text)
                size -= len(document.text.encode())
                if size <= 0:
                    return texts
    return texts


def derive(texts: list[str], language: str, how: Callable[[str, str], str]) -> tuple[list[str], float]:
    """What is derived, and the seconds it takes."""
    derived = []
    start = time.process_time()
    for text in texts:
        try:
            derived.append(how(text, language))
        except ValueError:
            continue
    return derived, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=1)
    megabytes = parser.parse_args().megabytes
    samples = Path(os.environ["CODEMIX_SAMPLES"])
    with gzip.open(samples / "tokenizers/starcoder/tokenizer.json.gz", "rt") as file:
        tokenizer = tokenizers.Tokenizer.from_str(file.read())

    def sizes(texts: list[str]) -> tuple[int, int]:
        return sum(len(t.encode()) for t in texts), sum(map(len, tokenizer.encode_batch(texts)))

    table = Table("language", "documents")
    for how in ("comments", "scrambled"):
        for column in (f"{how}: MB/s", "bytes", "tokens", "documents"):
            table.add_column(column, justify="right")
    for language in LANGUAGES:
        texts = documents(samples, language, megabytes * 1e6)
        size, tokens = sizes(texts)
        row = [language, str(len(texts))]
        for how in (comments_of, scramble):
            derived, seconds = derive(texts, language, how)
            derived_size, derived_tokens = sizes(derived)
            row += [f"{size / 1e6 / seconds:.2f}", f"{derived_size / size:.3f}", f"{derived_tokens / tokens:.3f}"]
            row.append(str(len(derived)))
        table.add_row(*row)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
