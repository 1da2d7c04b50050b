"""Patterns: which files they match, in which order, under which names, and what the key of a corpus is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemix.data.records.files import Files
from codemix.data.records.formats import file_format
from codemix.errors import UserError


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with files in folders of two languages."""
    folder = tmp_path / "corpus"
    for name in ("go/b.jsonl", "go/a.jsonl", "c[x]/a.jsonl", "c[x]/deep/z.jsonl", "all.jsonl"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f'{{"text": "{name}"}}\n')
    return folder


def names(*patterns: str, subsets: tuple[str, ...] = ()) -> list[str]:
    return [part.name for part in Files(patterns).parts(subsets)]


def test_names_begin_with_the_last_folder_without_a_wildcard(corpus: Path) -> None:
    assert names(f"{corpus}/go/*.jsonl") == ["go/a.jsonl", "go/b.jsonl"]
    assert names(f"{corpus}/*/a.jsonl") == ["corpus/c[x]/a.jsonl", "corpus/go/a.jsonl"]
    assert names(f"{corpus}/all.jsonl") == ["corpus/all.jsonl"]
    assert names(f"{corpus}/../corpus/./all.jsonl") == ["corpus/all.jsonl"]
    assert names(f"file://{corpus}/all.jsonl") == ["corpus/all.jsonl"]
    assert len(names(f"{corpus}/**/*.jsonl")) == 5


def test_subsets_come_in_their_order_and_fill_the_pattern_as_they_are(corpus: Path) -> None:
    parts = Files((f"{corpus}/{{subset}}/*.jsonl",)).parts(("go", "c[x]"))
    assert [(part.subset, part.name) for part in parts] == [
        ("go", "corpus/go/a.jsonl"),
        ("go", "corpus/go/b.jsonl"),
        ("c[x]", "corpus/c[x]/a.jsonl"),
    ]
    assert Files((f"{corpus}/{{subset}}/*.jsonl",)).names_subsets
    assert not Files((f"{corpus}/go/*.jsonl",)).names_subsets


def test_a_file_that_two_patterns_match_comes_once(corpus: Path) -> None:
    assert names(f"{corpus}/go/*.jsonl", f"{corpus}/go/a.jsonl", f"{corpus}/all.jsonl") == [
        "corpus/all.jsonl",
        "go/a.jsonl",
        "go/b.jsonl",
    ]


def test_variables_and_home_are_expanded(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORPUS_HERE", str(corpus))
    monkeypatch.setenv("HOME", str(corpus))
    expected = ["go/a.jsonl", "go/b.jsonl"]
    assert names("$CORPUS_HERE/go/*.jsonl") == names("${CORPUS_HERE}/go/*.jsonl") == names("~/go/*.jsonl") == expected


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("$NOT_SET_ANYWHERE/x.jsonl", r"'\$NOT_SET_ANYWHERE/x\.jsonl' has the variable NOT_SET_ANYWHERE"),
        ("{corpus}/none/*.jsonl", r"corpus/none/\*\.jsonl: no files match"),
        ("{corpus}/none.jsonl", r"corpus/none\.jsonl: there is no such file"),
        ("{corpus}/go", "go: it is a folder"),
        ("{corpus}/x.csv", r"x\.csv is of no known kind"),
        ("{corpus}/g*", r"no files match"),
    ],
)
def test_what_cannot_be_read_is_told(corpus: Path, pattern: str, told: str) -> None:
    (corpus / "x.csv").touch()
    files = Files((pattern.replace("{corpus}", str(corpus)),))
    with pytest.raises(UserError, match=told):
        files.parts(())
    with pytest.raises(UserError, match=told):
        files.fingerprint(())


def test_a_subset_without_files_is_told(corpus: Path) -> None:
    with pytest.raises(UserError, match=r"corpus/rust/\*\.jsonl: no files match"):
        Files((f"{corpus}/{{subset}}/*.jsonl",)).parts(("go", "rust"))


@pytest.mark.parametrize("patterns", [(), ("",), "a.jsonl", ("{subset}/a.jsonl", "b.jsonl")])
def test_patterns_that_make_no_sense_are_told(patterns: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match=r"Files\.patterns"):
        Files(patterns)


def test_a_link_to_nothing_is_told(corpus: Path) -> None:
    (corpus / "go/c.jsonl").symlink_to(corpus / "nowhere.jsonl")
    files = Files((f"{corpus}/go/*.jsonl",))
    with pytest.raises(UserError, match=r"c\.jsonl.*cannot be read"):
        files.fingerprint(())


def test_the_key_is_that_of_names_and_contents(corpus: Path, tmp_path: Path) -> None:
    def key(folder: Path) -> str:
        return Files((f"{folder}/*/*.jsonl",)).fingerprint(())

    before = key(corpus)
    copy = tmp_path / "another place" / "corpus"
    shutil.copytree(corpus, copy)
    assert key(copy) == before
    keys = {before}
    (copy / "go/a.jsonl").write_text('{"text": "changed"}\n')
    keys.add(key(copy))
    (copy / "go/a.jsonl").write_bytes((corpus / "go/a.jsonl").read_bytes())
    assert key(copy) == before
    (copy / "go/a.jsonl").rename(copy / "go/c.jsonl")
    keys.add(key(copy))
    (copy / "go/c.jsonl").unlink()
    keys.add(key(copy))
    assert len(keys) == 4


def test_the_key_does_not_depend_on_the_patterns_beyond_the_names(corpus: Path) -> None:
    subsets = Files((f"{corpus}/{{subset}}/*.jsonl",))
    one, other = subsets.fingerprint(("go", "c[x]")), subsets.fingerprint(("c[x]", "go"))
    assert one != other  # the order of the documents is another
    assert Files((f"{corpus}/*/*.jsonl",)).fingerprint(()) == other


@given(
    stem=st.text("ab.-", min_size=1, max_size=8),
    suffix=st.sampled_from([".jsonl", ".jsonl.gz", ".json-lines.zst", ".JSON", ".parquet", ".arrayrecord"]),
)
def test_kinds_are_told_by_the_end_of_the_name(stem: str, suffix: str) -> None:
    form = file_format(f"folder.parquet/{stem}{suffix}")
    plain = suffix.lower()
    assert form.compression == next((end for end in ("gz", "zst") if plain.endswith(end)), "")
    kinds = {".jsonl": "json lines", ".json-lines": "json lines", ".json": "json"}
    kinds |= {".parquet": "parquet", ".arrayrecord": "array_record"}
    assert form.name == kinds[plain.removesuffix(".gz").removesuffix(".zst")]


def test_importing_loads_nothing_heavy() -> None:
    """Gin loads the origins; what reads is loaded where it reads."""
    script = (
        "import sys, codemix.data.records.files, codemix.data.records.tfds\n"
        "print([name for name in ('tensorflow', 'tensorflow_datasets', 'array_record', 's3fs', 'gcsfs', "
        "'huggingface_hub', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
