"""The token store: what is written is read, across shards; what is damaged is told and never read."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from codemix.errors import UserError
from codemix.store.paths import open_folder
from codemix.store.token_store import TokenRows, TokenStore, row_count, token_dtype, write_manifest, write_shard

EOS = 0
VOCAB = 300


def write_store(folder: Path, shards: list[list[list[int]]], vocab_size: int = VOCAB) -> np.ndarray:
    """Writes a store whose training split has these shards of documents, and returns all its tokens, end to end."""
    written, tokens = [], []
    for number, documents in enumerate(shards):
        facts = [
            {"document": f"{number}/{i}", "cluster": f"c{number}", "language": "en", "bytes": 2 * len(ids)}
            for i, ids in enumerate(documents)
        ]
        arrays = [np.array(ids, dtype=np.uint32) for ids in documents]
        written.append(
            write_shard(folder / "train", f"{number:05d}", facts, arrays, token_dtype(vocab_size), EOS),
        )
        tokens += [token for ids in documents for token in [*ids, EOS]]
    held_out = write_shard(folder / "heldout", "00000", [], [], token_dtype(vocab_size), EOS)
    write_manifest(folder, {"train": written, "heldout": [held_out]}, eos=EOS, vocab_size=vocab_size)
    return np.array(tokens)


documents_in_shards = st.lists(
    st.lists(st.lists(st.integers(1, VOCAB - 1), max_size=12), max_size=5), min_size=1, max_size=4
)


@given(documents_in_shards, st.sampled_from([VOCAB, 70_000]), st.data())
@settings(deadline=None, max_examples=30)
def test_round_trip_across_shards(shards: list, vocab_size: int, data: st.DataObject) -> None:
    """Any stretch of tokens reads as written, whatever shards it spans; so does every document, by its start."""
    with TemporaryDirectory() as folder:
        tokens = write_store(Path(folder), shards, vocab_size)
        store = TokenStore(Path(folder))
        store.verify()
        sequence = store.sequence("train")
        assert len(sequence) == len(tokens) == store.count("train", "tokens")
        start = data.draw(st.integers(0, len(tokens)))
        stop = data.draw(st.integers(start, len(tokens)))
        assert sequence.read(start, stop).tolist() == tokens[start:stop].tolist()
        assert sequence.read(start, stop).dtype == token_dtype(vocab_size)
        read = [sequence.read(d["start"], d["start"] + d["tokens"]).tolist() for d in sequence.documents()]
        assert read == [ids for documents in shards for ids in documents]


@given(documents_in_shards, st.integers(1, 9))
@settings(deadline=None, max_examples=30)
def test_rows_overlap_by_one_and_predict_every_token_once(shards: list, context: int) -> None:
    """A row's last token is the next row's first: the predicted tokens, end to end, are the sequence."""
    with TemporaryDirectory() as folder:
        tokens = write_store(Path(folder), shards)
        rows = TokenRows(TokenStore(Path(folder)).sequence("train"), context)
        assert len(rows) == row_count(len(tokens), context)
        assert len(tokens) - 1 - context < len(rows) * context <= max(0, len(tokens) - 1)
        predicted = [token for row in range(len(rows)) for token in rows[row][1:].tolist()]
        assert predicted == tokens[1 : 1 + len(rows) * context].tolist()
        assert all(rows[row][-1] == rows[row + 1][0] for row in range(len(rows) - 1))


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5), min_size=1, max_size=4),
    st.integers(1, 9),
    st.data(),
)
@settings(deadline=None, max_examples=50)
def test_prompts_are_read_and_not_predicted(
    shards: list[list[tuple[int, int]]], context: int, data: st.DataObject
) -> None:
    """Of documents of (prompt, rest) tokens, every target counts but the prompts' own, wherever rows and shards are
    cut; the manifest has their number."""
    with TemporaryDirectory() as folder:
        written, given = [], []  # given: of every token of the split, whether it is in a prompt
        for number, documents in enumerate(shards):
            facts = [
                {"document": f"{number}/{i}", "cluster": "c", "language": "en", "bytes": 9, "prompt": prompt}
                for i, (prompt, _) in enumerate(documents)
            ]
            ids = [np.ones(sum(parts), np.uint32) for parts in documents]
            written.append(write_shard(Path(folder) / "train", f"{number:05d}", facts, ids, token_dtype(VOCAB), EOS))
            given += [flag for prompt, rest in documents for flag in [True] * prompt + [False] * (rest + 1)]
        write_manifest(Path(folder), {"train": written, "heldout": []}, eos=EOS, vocab_size=VOCAB)
        store = TokenStore(Path(folder))
        assert store.count("train", "prompt_tokens") == sum(given)
        rows = TokenRows(store.sequence("train"), context)
        if len(rows):
            asked = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=8))
            targets = np.array(asked)[:, None] * context + 1 + np.arange(context)
            assert rows.predicted_of(asked).tolist() == (~np.array(given)[targets]).tolist()
            assert rows.gather(asked).tolist() == [rows[row].tolist() for row in asked]


def test_without_prompts_all_is_predicted_and_no_table_is_read(store: Path) -> None:
    for table in store.rglob("*.parquet"):
        table.unlink()
    rows = TokenRows(TokenStore(store).sequence("train"), 3)
    assert rows.predicted_of([2, 0]).all()
    assert rows.predicted_of([2, 0]).shape == (2, 3)


def test_a_missing_document_table_is_told(store: Path) -> None:
    (store / "train" / "00001.documents.parquet").unlink()
    with pytest.raises(UserError, match=r"00001\.documents\.parquet: the table is missing; remove .* and run `codemix"):
        list(TokenStore(store).sequence("train").documents())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    write_store(tmp_path / "text-1", [[[1, 2, 3], [4, 5]], [[6, 7, 8]]])
    return tmp_path / "text-1"


def flip_a_byte(store: Path) -> None:
    file = store / "train" / "00001.tokens"
    file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])


def cut_a_shard(store: Path) -> None:
    file = store / "train" / "00001.tokens"
    file.write_bytes(file.read_bytes()[:-1])


def remove_a_shard(store: Path) -> None:
    (store / "train" / "00001.tokens").unlink()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (flip_a_byte, "do not match the manifest's checksum"),
        (cut_a_shard, "do not match the manifest's checksum"),
        (remove_a_shard, "is missing"),
    ],
)
def test_verify_tells_damage(store: Path, damage: Callable[[Path], None], says: str) -> None:
    damage(store)
    with pytest.raises(UserError, match=rf"00001\.tokens: .*{says}; remove .*text-1 and run `codemix prepare` again"):
        TokenStore(store).verify()


@given(documents_in_shards, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), min_size=1, max_size=6))
@settings(deadline=None, max_examples=30)
def test_a_remote_store_reads_as_a_local_one(shards: list, ranges: list[tuple[int, int]]) -> None:
    """Any stretches, asked for together, whatever shards they span; the documents; what does not count."""
    with TemporaryDirectory() as folder:
        remote = open_folder(f"memory://{Path(folder).name}/store")
        tokens = write_store(remote, shards)
        write_store(Path(folder), shards)
        here, there = (TokenStore(path).sequence("train") for path in (Path(folder), remote))
        wanted = [(min(start, len(tokens)), min(start + size, len(tokens))) for start, size in ranges]
        for one, other, (start, stop) in zip(here.read_all(wanted), there.read_all(wanted), wanted, strict=True):
            assert one.tolist() == other.tolist() == there.read(start, stop).tolist() == tokens[start:stop].tolist()
            assert one.dtype == other.dtype
        assert list(here.documents()) == list(there.documents())
        TokenStore(remote).verify()


@pytest.mark.parametrize(("damage", "says"), [(cut_a_shard, "has 7 bytes instead of 8"), (remove_a_shard, "missing")])
def test_a_damaged_remote_store_is_told(store: Path, damage: Callable[[Path], None], says: str) -> None:
    remote = open_folder(f"memory://{store.parent.name}/text-1")
    for path in store.rglob("*.*"):
        (remote / path.relative_to(store).as_posix()).write_bytes(path.read_bytes())
    TokenStore(remote).verify()
    damage(remote)
    with pytest.raises(UserError, match=rf"00001\.tokens: .*{says}.*; remove .*text-1 and run `codemix prepare` again"):
        TokenStore(remote).verify()
    rows = TokenRows(TokenStore(remote).sequence("train"), 2)
    with pytest.raises(UserError, match=r"00001\.tokens: tokens .* cannot be read .*run `codemix prepare` again"):
        rows.gather(range(len(rows)))


@pytest.mark.parametrize(("damage", "says"), [(cut_a_shard, "has 7 bytes instead of 8"), (remove_a_shard, "missing")])
def test_a_short_or_missing_shard_cannot_be_opened(store: Path, damage: Callable[[Path], None], says: str) -> None:
    damage(store)
    with pytest.raises(UserError, match=rf"00001\.tokens: the shard .*{says}; remove .* and run `codemix prepare`"):
        TokenStore(store).sequence("train")


def test_a_store_without_its_manifest_is_not_there(store: Path) -> None:
    (store / "manifest.json").unlink()
    with pytest.raises(UserError, match="text-1: there is no finished token store; run `codemix prepare`"):
        TokenStore(store)


def test_a_damaged_manifest_is_told(store: Path) -> None:
    (store / "manifest.json").write_text('{"format": 1, "spl')
    with pytest.raises(UserError, match=r"manifest\.json: the manifest is damaged; remove the folder and run"):
        TokenStore(store)


def test_another_format_is_told(store: Path) -> None:
    manifest = json.loads((store / "manifest.json").read_text())
    (store / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(UserError, match=r"manifest\.json: format is 99, this codemix reads \d+; remove the folder"):
        TokenStore(store)


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (0, 12), (3, 2)])
def test_tokens_beyond_the_ends_are_an_error(store: Path, start: int, stop: int) -> None:
    with pytest.raises(IndexError):
        TokenStore(store).sequence("train").read(start, stop)


@pytest.mark.parametrize(("vocab_size", "dtype"), [(1, "<u2"), (65_536, "<u2"), (65_537, "<u4"), (256_000, "<u4")])
def test_the_dtype_holds_every_id(vocab_size: int, dtype: str) -> None:
    assert token_dtype(vocab_size) == np.dtype(dtype)
    assert np.iinfo(token_dtype(vocab_size)).max >= vocab_size - 1
