"""Signatures: what they are of, how well they estimate, and the files that hold them."""

import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from near_duplicates_planted import PLANTED, planted_pairs
from upath import UPath

from codemix.data.compiled import compiled
from codemix.data.document_store import write_documents
from codemix.data.documents import Document
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.near_duplicates.kernel import hash_bands, minima_of
from codemix.data.near_duplicates.signatures import UNKNOWN_STARS, permutations, sign_file

SPEC = NearDuplicates(("code",))
BITS_64 = (1 << 64) - 1
GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def minima(text: str, spec: NearDuplicates = SPEC) -> np.ndarray:
    data = np.frombuffer(text.encode(), np.uint8)
    a, b = permutations(spec)
    scratch, recent = np.empty((2, len(data) + 1), np.uint64), np.empty(1024, np.uint64)
    found = np.empty(spec.permutations, np.uint32)
    minima_of(data, spec.shingle, spec.minimum_tokens, a, b, scratch, recent, found)
    return found


def band_hashes(texts: list[str], spec: NearDuplicates = SPEC) -> np.ndarray:
    bands, rows = spec.bands_and_rows()
    contents = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, contents)])
    hashes = np.empty((bands, len(texts)), np.uint64)
    data = np.frombuffer(b"".join(contents), np.uint8)
    hash_bands(data, offsets, spec.shingle, spec.minimum_tokens, *permutations(spec), rows, hashes)
    return hashes


def are_equal(one: str, other: str) -> bool:
    hashes = band_hashes([one, other])
    return bool((hashes[:, 0] == hashes[:, 1]).all())


def mixed(value: int) -> int:
    value = ((value ^ value >> 30) * FIRST) & BITS_64
    value = ((value ^ value >> 27) * SECOND) & BITS_64
    return value ^ value >> 31


def hashed(content: bytes, value: int) -> int:
    for code in content:
        value = ((value ^ code) * FIRST) & BITS_64
    return value


def shingles_as_defined(content: bytes, size: int, minimum: int) -> set[int]:
    words = []
    for word in re.findall(rb"[A-Za-z_0-9\x80-\xff]+", content):
        value = hashed(word, GOLDEN)
        words.append(((value ^ value >> 32) * GOLDEN) & BITS_64)
    if len(words) < max(1, minimum):
        return {mixed(hashed(content, SECOND) ^ len(content))}
    found = set()
    for start in range(max(1, len(words) - size + 1)):
        value = 0
        for word in words[start : start + size]:
            value = (value * SECOND + word) & BITS_64
        found.add(mixed(value))
    return found


def minima_as_defined(text: str, spec: NearDuplicates) -> list[int]:
    shingles = shingles_as_defined(text.encode(), spec.shingle, spec.minimum_tokens)
    low, high = [x & 0xFFFFFFFF for x in shingles], [x >> 32 for x in shingles]
    a, b = (array.tolist() for array in permutations(spec))
    half = (spec.permutations + 1) // 2
    return [min((a[p] * x + b[p]) & 0xFFFFFFFF for x in (low if p < half else high)) for p in range(spec.permutations)]


@settings(deadline=None)  # the first example compiles
@given(
    text=st.lists(st.sampled_from(["a", "B_2", "def", "10", "é", "数据", " ", "\n", "(", ";", "."]), max_size=60).map(
        "".join
    ),
    shingle=st.integers(1, 7),
    minimum=st.integers(0, 7),
    count=st.integers(2, 17),
)
def test_signatures_are_the_minima_of_what_they_are_defined_over(
    text: str, shingle: int, minimum: int, count: int
) -> None:
    spec = NearDuplicates(("code",), shingle, count, minimum_tokens=minimum, bands=1, rows=1)
    assert minima(text, spec).tolist() == minima_as_defined(text, spec)


@pytest.mark.parametrize("similarity", PLANTED)
def test_planted_pairs_are_as_similar_as_they_say(similarity: float) -> None:
    for pair in planted_pairs(similarity, 3, seed=0):
        one, other = (shingles_as_defined(text.encode(), 5, 5) for text in pair)
        assert len(one & other) / len(one | other) == pytest.approx(similarity, abs=1e-12)


@pytest.mark.parametrize("similarity", PLANTED)
def test_the_share_of_equal_minima_estimates_the_similarity(similarity: float) -> None:
    """Unbiased, with the binomial standard deviation √(J·(1 − J) / permutations) (Broder 1997)."""
    pairs = 600
    estimates = [(minima(one) == minima(other)).mean() for one, other in planted_pairs(similarity, pairs, seed=1)]
    deviation = np.sqrt(similarity * (1 - similarity) / SPEC.permutations)
    assert np.mean(estimates) == pytest.approx(similarity, abs=4 * deviation / np.sqrt(pairs))
    assert np.std(estimates) == pytest.approx(deviation, rel=4 / np.sqrt(2 * pairs))


@pytest.mark.parametrize("similarity", PLANTED)
def test_pairs_are_found_as_often_as_bands_and_rows_say(similarity: float) -> None:
    pairs = 600
    texts = [text for pair in planted_pairs(similarity, pairs, seed=2) for text in pair]
    bands, rows = SPEC.bands_and_rows()
    hashes = band_hashes(texts).reshape(bands, pairs, 2)
    found = (hashes[:, :, 0] == hashes[:, :, 1]).any(axis=0).mean()
    expected = 1 - (1 - similarity**rows) ** bands
    assert found == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / pairs) + 1 / pairs)


def test_words_are_names_and_numbers_and_nothing_between_them_counts() -> None:
    assert are_equal("def add(first, second) -> int:\n", "def add first second int")
    assert are_equal("x = a[i] + b[j] * c", "x\ta\r\ni b; j // c")
    assert not are_equal("def add(first, second) -> int:", "def Add(first, second) -> int:")
    assert not are_equal("a_b c d e f", "a b c d e f")
    assert not are_equal("naïve x y z w", "nave x y z w")
    assert not are_equal("a b c d e f", "a b c d f e")


def test_constants_matter() -> None:
    one = "\n".join(f"weights[{i}] = 0.{i * 7919 % 1000}" for i in range(100))
    other = "\n".join(f"weights[{i}] = 0.{i * 7907 % 1000}" for i in range(100))
    assert are_equal(one, one.replace(" = ", "="))
    hashes = band_hashes([one, other])
    assert not (hashes[:, 0] == hashes[:, 1]).any()


def test_documents_of_few_words_are_compared_whole() -> None:
    texts = ["", "\n", "(", ")", "a b", "a  b", "b a", "a b c d", "a b c  d", "a b c d e"]
    hashes = band_hashes([*texts, *texts])
    for row in hashes:
        assert len(set(row.tolist())) == len(texts)
        assert (row[: len(texts)] == row[len(texts) :]).all()


def test_a_repeated_shingle_counts_once() -> None:
    rng = np.random.default_rng(0)
    lines = [" ".join(f"{word:x}" for word in rng.integers(1 << 40, size=9)) for _ in range(500)]
    cycle = " ".join(lines)
    assert (minima(f"{cycle} {cycle}") == minima(f"{cycle} {cycle} {cycle}")).all()


def documents(count: int) -> list[Document]:
    stars = ({"stars": "7"}, {}, {"stars": "12.0"}, {"stars": "None"}, {"stars": ""}, {"stars": "nan"})
    return [Document(f"d{i}", f"text {i} é " * i, "python", "c", stars[i % len(stars)]) for i in range(count)]


@pytest.mark.parametrize("home", [None, "memory://near-duplicates"])
def test_a_signature_file_has_a_row_for_every_document(home: str | None, tmp_path: Path) -> None:
    folder = UPath(home) if home else tmp_path
    written = documents(1500)
    write_documents(folder / "documents.parquet", written)
    path = sign_file(SPEC, folder / "documents.parquet", folder / "signatures" / "0.parquet")
    with path.open("rb") as file:
        table = pq.read_table(file)
    assert table["id"].to_pylist() == [document.id for document in written]
    assert table["bytes"].to_pylist() == [len(document.text.encode()) for document in written]
    assert table["stars"].to_pylist()[:6] == [7, UNKNOWN_STARS, 12, UNKNOWN_STARS, UNKNOWN_STARS, UNKNOWN_STARS]
    expected = band_hashes([document.text for document in written])
    assert np.array_equal([table[f"band_{band:03d}"].to_numpy() for band in range(25)], expected)


def test_signing_is_done_once(tmp_path: Path) -> None:
    write_documents(tmp_path / "documents.parquet", documents(3))
    path = sign_file(SPEC, tmp_path / "documents.parquet", tmp_path / "signatures.parquet")
    content = path.read_bytes()
    sign_file(SPEC, tmp_path / "documents.parquet", tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == content
    (tmp_path / "documents.parquet").unlink()
    assert sign_file(SPEC, tmp_path / "documents.parquet", path) == path


def test_a_file_without_documents_can_be_signed(tmp_path: Path) -> None:
    write_documents(tmp_path / "documents.parquet", [])
    path = sign_file(SPEC, tmp_path / "documents.parquet", tmp_path / "signatures.parquet")
    assert pq.read_table(path).num_rows == 0


def test_functions_are_compiled_where_there_is_no_folder_to_keep_them_in() -> None:
    namespace: dict[str, object] = {}
    exec(compile("def double(number):\n    return 2 * number\n", "<no file>", "exec"), namespace)
    assert compiled(namespace["double"])(21) == 42  # type: ignore[arg-type]
