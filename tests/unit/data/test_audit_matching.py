import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import zstandard
from audit_brute_force import BruteForce
from audit_brute_force import tokens as brute_force_tokens
from audit_samples import REAL, built, files_of, samples, write_benchmark
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codemix.data.audit.config import Audit, Benchmark
from codemix.data.audit.index import Index
from codemix.data.audit.matching import find_matches
from codemix.data.audit.normalisation import fold, tokens


def counts(index: Index, text: str) -> dict[tuple[str, str, str], int]:
    found = {}
    for match in find_matches(index, text):
        part = index.parts[match.part]
        found[part.benchmark, part.item, part.name] = len(match.found)
    return found


TEXTS = st.text(st.sampled_from("aàB Ⅷ9_-’.,;(){}[]#/*\n\t'ßİΣﬁ½e\u0301数\u00a0🙂"), max_size=60)


@settings(deadline=None)  # the first example compiles
@given(TEXTS)
@example("x = 1 # one\ny // two\n/* three */ four /*/ five")
@example("/**/a/**/ /* */b http://c 'd/*' (/* e")
@example("")
def test_tokens_are_those_of_the_definition(text: str):
    for kind in ("text", "code"):
        found = tokens(text, kind)
        expected = brute_force_tokens(text, kind)
        assert found.joined()[0].decode() == " ".join(expected)
        assert len(found) == len(expected)
        pairs = set(zip(expected, found.hashes.tolist(), strict=True))
        assert len({word for word, _ in pairs}) == len({value for _, value in pairs}) == len(pairs)


WORDS = st.lists(st.sampled_from(["a", "b", "c", "É", "x1"]), max_size=14).map(" ".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    items=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6),
    documents=st.lists(WORDS, max_size=6),
    n=st.integers(2, 5),
    boilerplate=st.integers(1, 3),
)
def test_matches_are_those_of_sets_of_tuples(tmp_path: Path, items, documents, n, boilerplate):
    """Items that are prefixes of each other, equal, empty or too short: few words make all of them."""
    records = [{"prose": prose, "program": program} for prose, program in items]
    records.append({"prose": "z z z z z", "program": "z z z z z"})
    path = write_benchmark(tmp_path / "items.jsonl", records)
    audit = Audit(
        [Benchmark("b", [path], {"prose": "prose"}, {"program": "program"})],
        words=n,
        code_tokens=n + 1,
        minimum_words=n - 1,
        minimum_code_tokens=2,
        boilerplate_items=boilerplate,
    )
    index, brute_force = built(audit, tmp_path), BruteForce(audit, files_of(audit))
    for text in [*documents, *(f"{prose}. {program}" for prose, program in items), " ".join(documents)]:
        assert counts(index, text) == brute_force.matches(text)
    expected = [(key, len(found)) for key, (_, found) in brute_force.parts.items()]
    assert [((part.benchmark, part.item, part.name), part.units) for part in index.parts] == expected


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Index, BruteForce]:
    samples()
    some = [benchmark for benchmark in REAL if benchmark.name in ("humaneval", "mbpp", "gsm8k", "piqa")]
    audit = Audit(some, words=8, code_tokens=10, minimum_words=6, minimum_code_tokens=8)  # so low that there are hits
    return built(audit, tmp_path_factory.mktemp("index")), BruteForce(audit, files_of(audit))


def test_real_documents_match_what_sets_of_tuples_find(real: tuple[Index, BruteForce]):
    index, brute_force = real
    folder = samples() / "pretrain"
    with zstandard.open(folder / "slimpajama/train/chunk1/example_train_0.jsonl.zst", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line, _ in zip(file, range(60), strict=False)]
    code = pq.read_table(folder / "starcoderdata/python/train-00000-of-00001.parquet", columns=["content"])
    texts += code["content"].slice(0, 60).to_pylist()
    found = [counts(index, text[:20_000]) for text in texts]
    assert found == [brute_force.matches(text[:20_000]) for text in texts]
    assert sum(map(bool, found)) > 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TEXTS, TEXTS)
def test_a_match_is_where_it_says(real: tuple[Index, BruteForce], before: str, after: str):
    index, _ = real
    plant = next(plant for plant in index.plants if index.parts[plant.part].benchmark == "gsm8k")
    text = f"{before}\n{plant.text}\n{after}"
    match = next(match for match in find_matches(index, text) if match.part == plant.part)
    assert match.start == len(before) + 1
    assert match.excerpt == text[match.start : match.start + len(match.excerpt)]


def test_position_where_folding_alters_lengths(real: tuple[Index, BruteForce]):
    index, _ = real
    plant = next(plant for plant in index.plants if index.parts[plant.part].benchmark == "gsm8k")
    text = "ﬁ½… İ\n\n½½ ﬁn " + plant.text
    assert len(fold(text)) != len(text)
    match = next(match for match in find_matches(index, text) if match.part == plant.part)
    assert text[match.start :].startswith(plant.text[:20])


def test_another_process_finds_the_same(real: tuple[Index, BruteForce], tmp_path: Path):
    """Hashes do not depend on Python's seed, nor on what was compiled before."""
    text = "Ünïcode words, 数据 — and_code(x) # gone"
    program = (
        "from codemix.data.audit.normalisation import tokens\n"
        f"print(*[tokens({text!r}, kind).hashes.tolist() for kind in ('text', 'code')])"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert other.split("\n")[0] == " ".join(str(tokens(text, kind).hashes.tolist()) for kind in ("text", "code"))


def test_long_documents_and_repetition(real: tuple[Index, BruteForce]):
    index, brute_force = real
    plant = next(plant for plant in index.plants if index.parts[plant.part].benchmark == "piqa")
    text = f"{'lorem ipsum ' * 50_000}\n{plant.text}\n" * 3
    assert counts(index, text) == brute_force.matches(plant.text)
