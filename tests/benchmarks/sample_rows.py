"""Real rows for benchmarks: SlimPajama's and StarCoderData's under $CODEMIX_SAMPLES, or else local documents as such.

More of them than there are: a text's second copy ends in a line "2", its third in a line "3", so that no two are equal.
"""

import gzip
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import tokenizers
import zstandard

from codemix.data.collect import collect
from codemix.data.documents import Document
from codemix.data.filters import SizeBetween
from codemix.data.local import LocalCode, LocalProse
from codemix.data.source import Source
from codemix.data.tokenizer import END_OF_DOCUMENT, TrainedTokenizer
from codemix.data.tokenizer_training import train_tokenizer
from codemix.mixing.weights import resolve

Row = dict[str, Any]
SAMPLES = Path(os.environ["CODEMIX_SAMPLES"]) if "CODEMIX_SAMPLES" in os.environ else None
TEXT_FIELD = {"text": "text", "code": "content"}
_CODE_FIELDS = ("id", "content", "max_stars_repo_path", "max_stars_repo_name")
_LOCAL = {"text": LocalProse(), "code": LocalCode()}


def rows(kind: str, megabytes: float) -> Iterator[Row]:
    """Rows of SlimPajama ("text") or StarCoderData ("code") until their text is of so many MB; no two texts are equal.

    Texts that spell the end of document are left out: peers read it as that token, and codemix reads it as text.
    """
    field, seen, size = TEXT_FIELD[kind], set(), 0
    for copy in itertools.count(1):
        for row in _web() if kind == "text" else _code():
            text = row[field] if copy == 1 else f"{row[field]}\n{copy}"
            if END_OF_DOCUMENT in text or hash(text) in seen:
                continue
            seen.add(hash(text))
            size += len(text.encode())
            yield row | {field: text}
            if size >= megabytes * 1_000_000:
                return


def write_json_lines(path: Path, lines: Iterator[Row]) -> int:
    """Writes a .jsonl.zst. Returns the bytes of its texts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with zstandard.open(path, "wt", encoding="utf-8", newline="\n") as file:
        for row in lines:
            size += len(row["text"].encode())
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return size


def write_parquet(path: Path, lines: Iterator[Row], group_bytes: int) -> int:
    """Writes a .parquet in row groups of so many bytes of text. Returns the bytes of its texts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([(field, pa.string()) for field in _CODE_FIELDS])
    size, waiting, held = 0, [], 0
    with pq.ParquetWriter(path, schema) as file:
        for row in lines:
            waiting.append(row)
            held += len(row["content"].encode())
            if held >= group_bytes:
                file.write_table(pa.Table.from_pylist(waiting, schema), row_group_size=len(waiting))
                size, waiting, held = size + held, [], 0
        if waiting:
            file.write_table(pa.Table.from_pylist(waiting, schema), row_group_size=len(waiting))
    return size + held


def tokenizer_files(folder: Path) -> dict[str, Path]:
    """name -> a `tokenizer.json` written into `folder`: the samples' GPT-NeoX, StarCoder and GPT-2, or one trained on
    local documents."""
    if SAMPLES is None:
        return {"trained": _trained(folder / "trained.json")}
    files = {}
    for name in ("gptneox", "starcoder"):
        files[name] = folder / f"{name}.json"
        with gzip.open(SAMPLES / "tokenizers" / name / "tokenizer.json.gz") as packed, open(files[name], "wb") as file:
            shutil.copyfileobj(packed, file)
    files["gpt2"] = folder / "gpt2.json"
    parts = (str(SAMPLES / "tokenizers" / "gpt2" / name) for name in ("vocab.json", "merges.txt"))
    gpt2 = tokenizers.Tokenizer(tokenizers.models.BPE.from_file(*parts))
    gpt2.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    gpt2.decoder = tokenizers.decoders.ByteLevel()
    gpt2.add_special_tokens([END_OF_DOCUMENT])
    gpt2.save(str(files["gpt2"]))
    return files


def _trained(path: Path) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        stores = {
            kind: collect(Source(kind, "text", reader, (SizeBetween(),), budget_bytes=2_000_000), Path(folder))
            for kind, reader in _LOCAL.items()
        }
        shares = resolve({"text": 1, "code": 1}, {}, set(stores), "benchmark")
        train_tokenizer(TrainedTokenizer(16_384), shares, stores, path)
    return path


def _web() -> Iterator[Row]:
    if SAMPLES is None:
        meta = {"redpajama_set_name": "RedPajamaC4"}
        yield from ({"text": document.text, "meta": meta} for document in _local("text"))
        return
    for path in sorted(SAMPLES.glob("pretrain/slimpajama/train/*/*.jsonl.zst")):
        with zstandard.open(path, "rt", encoding="utf-8", newline="\n") as file:
            yield from map(json.loads, file)


def _code() -> Iterator[Row]:
    if SAMPLES is None:
        for number, document in enumerate(_local("code")):
            yield dict(zip(_CODE_FIELDS, (str(number), document.text, document.id, document.cluster), strict=True))
        return
    for path in sorted(SAMPLES.glob("pretrain/starcoderdata/*/*.parquet")):
        if set(_CODE_FIELDS) <= set(pq.read_schema(path).names):  # not notebooks, commits
            yield from pq.read_table(path, columns=list(_CODE_FIELDS)).to_pylist()


def _local(kind: str) -> Iterator[Document]:
    for shard in _LOCAL[kind].shards():
        yield from (found for found in _LOCAL[kind].documents(shard) if isinstance(found, Document))
