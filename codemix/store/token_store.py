"""The token store: a task made concrete, one long token sequence per split, read by index.

    <store>/train/00000.tokens      token ids, little-endian unsigned integers, nothing else
    <store>/train/00000.documents.parquet   one row per document: where it lies, what it is
    <store>/heldout/…
    <store>/manifest.json           written last: a store without it is not there

Every document is followed by the end-of-document token. Shards are cut between documents, rows are not: a row of
`context + 1` tokens may span documents and shards, and consecutive rows overlap by one token, so that every token is
predicted once, but those of a prompt: they are read and never predicted. Local shards are memory-mapped: a row costs
one copy of its bytes, and seeking costs nothing. Of shards in a bucket the rows of a batch are requested together.
"""

import bisect
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from codemix.errors import UserError
from codemix.store.atomic import read_json, write_bytes, write_json
from codemix.store.paths import is_local
from codemix.store.remote_tokens import RemoteTokens, read_ranges

FORMAT = 3
SPLITS = ("train", "heldout")
MANIFEST = "manifest.json"
DOCUMENT_SCHEMA = pa.schema(
    [
        ("document", pa.string()),  # stable identity of the document
        ("cluster", pa.string()),  # what it was published with (a package, a repository, a site)
        ("language", pa.string()),
        ("bytes", pa.int64()),  # length of its text in UTF-8
        ("start", pa.int64()),  # its first token, counted from the start of the shard
        ("tokens", pa.int64()),  # its tokens, the end-of-document token not counted
        ("prompt", pa.int64()),  # those at its start that are given, and not to be predicted
        ("prompt_bytes", pa.int64()),  # the part of `bytes` that they stand for
    ]
)


@dataclasses.dataclass(frozen=True)
class Shard:
    """One file of a split, as the manifest records it."""

    name: str
    tokens: int
    documents: int
    bytes: int  # of text
    prompt_tokens: int  # given, not to be predicted
    xxh3: str  # of the token file
    documents_xxh3: str  # of the document file

    @property
    def token_file(self) -> str:
        return f"{self.name}.tokens"

    @property
    def document_file(self) -> str:
        return f"{self.name}.documents.parquet"


def token_dtype(vocab_size: int) -> np.dtype:
    """The narrowest unsigned integer that holds every id below `vocab_size`."""
    return np.dtype("<u2") if vocab_size <= 1 << 16 else np.dtype("<u4")


def write_shard(
    folder: Path, name: str, documents: Sequence[dict[str, Any]], ids: Sequence[np.ndarray], dtype: np.dtype, eos: int
) -> Shard:
    """Writes one shard, each of its files atomically, the token file last.

    Args:
        folder: the split's folder.
        name: the shard's name, such as "00003".
        documents: for every document its `document`, `cluster`, `language` and `bytes`, and, where its start is given,
            `prompt` and `prompt_bytes`.
        ids: for every document its token ids, without the end-of-document token.
        dtype: from `token_dtype`.
        eos: the end-of-document token's id.
    """
    lengths = np.array([len(sequence) for sequence in ids], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths + 1)])
    tokens = np.empty(int(starts[-1]), dtype=dtype)
    rows = []
    for document, sequence, start in zip(documents, ids, starts[:-1], strict=True):
        tokens[start : start + len(sequence)] = sequence
        tokens[start + len(sequence)] = eos
        rows.append({"prompt": 0, "prompt_bytes": 0, **document, "start": int(start), "tokens": len(sequence)})

    table = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=DOCUMENT_SCHEMA), table, compression="zstd")
    described = table.getvalue()
    shard = Shard(
        name=name,
        tokens=len(tokens),
        documents=len(rows),
        bytes=sum(row["bytes"] for row in rows),
        prompt_tokens=sum(row["prompt"] for row in rows),
        xxh3=xxhash.xxh3_64_hexdigest(tokens.data),
        documents_xxh3=xxhash.xxh3_64_hexdigest(described),
    )
    write_bytes(folder / shard.document_file, described)
    write_bytes(folder / shard.token_file, tokens.data)  # numpy's tofile does not tell a full disk
    return shard


def write_manifest(path: Path, splits: dict[str, Sequence[Shard]], **facts: Any) -> None:
    """Declares the store at `path` complete. `facts` holds what else it is to say: key, eos, vocab_size, drops…"""
    content = {
        "format": FORMAT,
        **facts,
        "splits": {split: [dataclasses.asdict(shard) for shard in shards] for split, shards in splits.items()},
    }
    write_json(path / MANIFEST, content)


def is_complete(path: Path) -> bool:
    return (path / MANIFEST).exists()


class TokenSequence:
    """The tokens of one split, end to end."""

    def __init__(self, folder: Path, shards: Sequence[Shard], dtype: np.dtype):
        self.folder = folder
        self.shards = tuple(shards)
        self._dtype = dtype
        self._starts = list(accumulate((shard.tokens for shard in shards), initial=0))
        self._arrays = [*(self._map(shard, dtype) for shard in shards), np.empty(0, dtype)]  # the last: past the end

    def _map(self, shard: Shard, dtype: np.dtype) -> "np.ndarray | RemoteTokens":
        path = self.folder / shard.token_file
        if not is_local(path):
            return RemoteTokens(path, dtype, shard.tokens)
        size = path.stat().st_size if path.exists() else -1
        _check_size(path, size, shard.tokens * dtype.itemsize)
        # A plain view of the map: numpy.memmap's own slicing costs several microseconds a row.
        return np.memmap(path, dtype=dtype, mode="r").view(np.ndarray) if size else np.empty(0, dtype)

    def __len__(self) -> int:
        return self._starts[-1]

    def read(self, start: int, stop: int) -> np.ndarray:
        """Tokens `start` to `stop` (exclusive): a read-only view where one local shard holds them, else a copy."""
        parts = [self._arrays[shard][first:last] for shard, first, last in self._pieces(start, stop)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def read_all(self, ranges: Iterable[tuple[int, int]]) -> list[np.ndarray]:
        """What `read` gives for each of `ranges`; from a bucket, all requested at once."""
        if is_local(self.folder):
            return [self.read(*bounds) for bounds in ranges]
        pieces = [self._pieces(*bounds) for bounds in ranges]
        wanted = [
            (self._arrays[shard], first, last) for of_range in pieces for shard, first, last in of_range if first < last
        ]
        found = iter(read_ranges(wanted))  # type: ignore[arg-type]  # they all are RemoteTokens
        none = np.empty(0, self._dtype)
        parts = [[next(found) if first < last else none for _, first, last in of_range] for of_range in pieces]
        return [part[0] if len(part) == 1 else np.concatenate(part) for part in parts]

    def _pieces(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        """(shard, first token, last token, exclusive) of every shard that has some of the tokens, at least one."""
        if not 0 <= start <= stop <= len(self):
            raise IndexError(f"tokens {start}:{stop} of {len(self)}")
        shard = bisect.bisect_right(self._starts, start) - 1
        offset = start - self._starts[shard]
        length = stop - start
        pieces = []
        while True:
            taken = min(length, len(self._arrays[shard]) - offset)
            pieces.append((shard, offset, offset + taken))
            length -= taken
            if not length:
                return pieces
            shard, offset = shard + 1, 0

    def documents(self) -> Iterator[dict[str, Any]]:
        """Every document's row of `DOCUMENT_SCHEMA`, with `start` counted from the start of the split."""
        for shard, start in zip(self.shards, self._starts[:-1], strict=True):
            for row in self._table(shard).to_pylist():
                yield {**row, "start": row["start"] + start}

    def prompts(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the prompts of the split begin and where they end (exclusive), in order, (prompts,) each."""
        parts = [(np.empty(0, np.int64), np.empty(0, np.int64))]
        for shard, start in zip(self.shards, self._starts[:-1], strict=True):
            if shard.prompt_tokens:
                table = self._table(shard, ["start", "prompt"])
                first, length = (column.to_numpy() for column in table.columns)
                parts.append((first[length > 0] + start, (first + length)[length > 0] + start))
        firsts, ends = zip(*parts, strict=True)
        return np.concatenate(firsts), np.concatenate(ends)

    def _table(self, shard: Shard, columns: list[str] | None = None) -> pa.Table:
        path = self.folder / shard.document_file
        if not path.exists():
            raise UserError(
                f"{path}: the table is missing; remove {self.folder.parent} and run `codemix prepare` again."
            )
        return _read_table(path, columns)


class TokenRows:
    """A split as rows of `context + 1` tokens, by number."""

    def __init__(self, sequence: TokenSequence, context: int):
        self._sequence = sequence
        self._context = context
        self._len = row_count(len(sequence), context)
        self._prompt_starts, self._prompt_ends = sequence.prompts()

    def __len__(self) -> int:
        return self._len

    def __getitem__(self, row: int) -> np.ndarray:
        start = row * self._context
        return self._sequence.read(start, start + self._context + 1)

    def gather(self, rows: Sequence[int]) -> np.ndarray:
        """The tokens of `rows`, (n, context + 1)."""
        starts = [row * self._context for row in rows]
        return np.stack(self._sequence.read_all((start, start + self._context + 1) for start in starts))

    def predicted_of(self, rows: Sequence[int]) -> np.ndarray:
        """Which predictions of `rows` count, bool (n, context): those of every token that is not in a prompt."""
        predicted = np.ones((len(rows), self._context), dtype=bool)
        if len(self._prompt_ends):
            targets = np.array(rows) * self._context + 1  # the first of each row
            firsts = np.searchsorted(self._prompt_ends, targets, side="right")
            lasts = np.searchsorted(self._prompt_starts, targets + self._context, side="left")
            for counts, target, first, last in zip(predicted, targets, firsts, lasts, strict=True):
                starts, ends = self._prompt_starts[first:last] - target, self._prompt_ends[first:last] - target
                for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                    counts[max(0, start) : end] = False
        return predicted


def row_count(tokens: int, context: int) -> int:
    """Rows of `context + 1` tokens, overlapping by one, that `tokens` tokens hold."""
    return max(0, (tokens - 1) // context)


class DamagedStore(UserError):
    """A shard is missing, or not what its manifest says."""


class TokenStore:
    """A finished store, opened for reading."""

    def __init__(self, path: Path):
        """Opens the store at `path`. Raises UserError if it is not complete, of another format, or short of bytes."""
        self.path = path
        if not is_complete(path):
            raise UserError(f"{path}: there is no finished token store; run `codemix prepare` on the study first.")
        try:
            self.manifest: dict[str, Any] = read_json(path / MANIFEST)
        except ValueError:
            raise UserError(
                f"{path / MANIFEST}: the manifest is damaged; remove the folder and run `codemix prepare` again."
            ) from None
        if self.manifest.get("format") != FORMAT:
            raise UserError(
                f"{path / MANIFEST}: format is {self.manifest.get('format')!r}, this codemix reads {FORMAT}; "
                "remove the folder and run `codemix prepare` again."
            )
        self.eos: int = self.manifest["eos"]
        self.vocab_size: int = self.manifest["vocab_size"]
        self._dtype = token_dtype(self.vocab_size)

    def shards(self, split: str) -> list[Shard]:
        return [Shard(**shard) for shard in self.manifest["splits"][split]]

    def sequence(self, split: str) -> TokenSequence:
        return TokenSequence(self.path / split, self.shards(split), self._dtype)

    def count(self, split: str, what: str) -> int:
        """The split's `tokens`, `documents`, `bytes` of text or `prompt_tokens`."""
        return sum(getattr(shard, what) for shard in self.shards(split))

    def verify(self) -> None:
        """Compares the files with their checksums; those in a bucket, which keeps its own, with their sizes. Raises
        DamagedStore where they differ."""
        remote = {} if is_local(self.path) else self.path.fs.find(self.path.path, detail=True)  # type: ignore[attr-defined]
        for split in SPLITS:
            for shard in self.shards(split):
                folder = self.path / split
                if is_local(folder):
                    _verify_file(folder / shard.token_file, shard.xxh3)
                    _verify_file(folder / shard.document_file, shard.documents_xxh3)
                else:
                    file = folder / shard.token_file
                    size = remote.get(file.path, {"size": -1})["size"]  # type: ignore[attr-defined]
                    _check_size(file, size, shard.tokens * self._dtype.itemsize)


def _read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    if is_local(path):
        return pq.read_table(path, columns=columns)
    with path.open("rb") as file:
        return pq.read_table(file, columns=columns)


def _check_size(file: Path, size: int, expected: int) -> None:
    """Raises UserError where a file has another size than its manifest says; -1 is that of a missing one."""
    if size != expected:
        found = "is missing" if size < 0 else f"has {size} bytes instead of {expected}"
        raise DamagedStore(f"{file}: the shard {found}; remove {file.parents[1]} and run `codemix prepare` again.")


def _verify_file(file: Path, xxh3: str) -> None:
    mend = f"remove {file.parents[1]} and run `codemix prepare` again."
    if not file.exists():
        raise DamagedStore(f"{file}: the shard is missing; {mend}")
    digest = xxhash.xxh3_64()
    with open(file, "rb") as stream:
        while block := stream.read(1 << 22):
            digest.update(block)
    if digest.hexdigest() != xxh3:
        raise DamagedStore(f"{file}: the bytes do not match the manifest's checksum; {mend}")
