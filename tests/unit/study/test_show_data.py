"""What `codemix data` says about stores that were really prepared."""

import dataclasses
import json
import re
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from codemix.cli import main
from codemix.data.corpora import Corpora
from codemix.data.documents import Bad, Document, Dropped
from codemix.data.inventory import StoredDocument, facts, sample_documents
from codemix.data.pool import worker_pool
from codemix.data.prepare import prepare
from codemix.data.source import Source
from codemix.data.tokenizer import TrainedTokenizer
from codemix.errors import UserError
from codemix.store.atomic import read_json, write_json
from codemix.store.token_store import SPLITS, TokenStore
from codemix.study.show_data import show_documents, show_store, show_stores
from codemix.study.stored import Stored, stores_in

LANGUAGES = ("python", "c", "haskell", "javascript", "english")
QUESTION = "What does it give? "
ESCAPE = "\x1b[2J"


def text_of(shard: int, number: int) -> str:
    return f"document {number} of shard {shard} [bold]{ESCAPE}[/bold] über\n" + f"line {number * shard}\n" * 20


@dataclasses.dataclass(frozen=True)
class Made:
    """Five shards of thirty records: some have a prompt, some are dropped, one in a shard is unreadable."""

    def fingerprint(self) -> str:
        return "made"

    def shards(self) -> list[int]:
        return list(range(5))

    def documents(self, shard: int) -> Iterator[Document | Dropped | Bad]:
        for number in range(30):
            where = f"made-{shard}.jsonl:{number}"
            if number == 7:
                yield Bad(where, "no field 'text'", "{}")
            elif number % 10 == 3:
                yield Dropped(where, "written by a machine that says so at length")
            else:
                prompt = QUESTION if number % 2 else ""
                yield Document(
                    id=where,
                    text=prompt + text_of(shard, number),
                    language=LANGUAGES[number % len(LANGUAGES)],
                    cluster=f"repository-{number % 4}",
                    provenance={},
                    subset="answers" if prompt else "files",
                    prompt=len(prompt),
                )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = [
        Source(name, "synthetic", Made(), heldout_share=0.3, bad_share=1.0)
        for name in ("code", "a_long_name_of_a_task")
    ]
    corpora = Corpora("made", tuple(sources), tokenizer=TrainedTokenizer(300, {"code": 1.0}, 20_000))
    folder = tmp_path_factory.mktemp("home")
    prepare(corpora, corpora.tasks, folder, worker_pool(1))
    return folder


@pytest.fixture
def code(home: Path) -> TokenStore:
    return stores_in(home).store("code")


def printed(width: int, show, *arguments: object) -> str:
    """What is printed on a terminal of that width, none of whose lines is longer."""
    console = Console(file=StringIO(), width=width, force_terminal=False)
    show(*arguments, console)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    return text


def originals() -> dict[str, Document]:
    documents = [d for shard in range(5) for d in Made().documents(shard) if isinstance(d, Document)]
    return {document.id: document for document in documents}


def test_the_stored_documents_are_those_that_were_read(code: TokenStore):
    """All of them, as they were, prompts apart."""
    found = {split: list(sample_documents(code, split, 1000)) for split in SPLITS}
    for split, documents in found.items():
        assert len(documents) == code.count(split, "documents")
        for stored in documents:
            original = originals()[stored.id]
            assert (stored.prompt, stored.text) == (original.text[: original.prompt], original.text[original.prompt :])
            assert (stored.language, stored.cluster) == (original.language, original.cluster)
            assert stored.bytes == len(original.text.encode())
    assert {d.id for documents in found.values() for d in documents} == set(originals())


@pytest.mark.parametrize("count", [1, 4, 7, 23])
def test_a_sample_is_the_same_every_time_and_from_all_over_the_split(code: TokenStore, count: int):
    sample = list(sample_documents(code, "train", count))
    assert sample == list(sample_documents(code, "train", count))
    assert len({document.id for document in sample}) == count
    assert len({document.id.split(":")[0] for document in sample}) >= min(count, 4)


def test_a_sample_has_the_language_that_was_asked_for(code: TokenStore):
    everything = [d for d in sample_documents(code, "train", 1000) if d.language == "c"]
    assert list(sample_documents(code, "train", 1000, "c")) == everything
    assert len(list(sample_documents(code, "train", len(everything) - 1, "c"))) == len(everything) - 1


def test_facts_add_up(code: TokenStore):
    known = facts(code)
    for what in ("documents", "bytes", "tokens"):
        total = sum(split[what] for split in known["splits"].values())
        assert total == sum(counts[what] for counts in known["languages"].values())
        assert total == sum(counts[what] for counts in known["subsets"].values())
    assert known["splits"]["train"]["documents"] + known["splits"]["heldout"]["documents"] == len(originals())
    assert Path(known["quarantine"]).read_text().count("\n") == known["quarantined"] == 5


@pytest.mark.parametrize("width", [80, 120])
def test_the_list_names_every_store(home: Path, width: int):
    text = printed(width, show_stores, stores_in(home))
    for store in stores_in(home).stores:
        assert store.manifest["task"] in text
        assert store.manifest["key"] in text
    assert re.search(r"answers \d\d%", text)
    assert "5 unreadable" in text
    assert "2 more" in text  # of the five languages


@pytest.mark.parametrize("width", [80, 120])
def test_one_store_in_full(home: Path, code: TokenStore, width: int):
    known = facts(code)
    text = printed(width, show_store, known)
    for number in (*known["splits"]["train"].values(), *known["languages"]["haskell"].values()):
        if number > 1000:
            assert re.search(rf"\b{number:,}\b|\b{number / 1e6:,.2f}\b", text), number
    whole = re.sub(r"\s+", "", text)
    prompts = sum(split["prompt_tokens"] for split in known["splits"].values())
    assert f"{prompts:,} tokens are of prompts" in text
    for key in ("key", "fingerprint", "documents", "inputs", "filters"):
        assert known[key] in text
    (drop,) = known["drops"].values()
    assert drop["count"] == 15
    assert all(example in whole for example in drop["examples"])
    assert "written by a machine that says so" in text
    assert "150 records read, of which 5 could not be read" in text
    assert known["quarantine"].replace(" ", "") in whole


def test_many_languages_are_cut_in_the_terminal_only(code: TokenStore):
    known = facts(code)
    counts = known["languages"]["c"]
    known["languages"] = {f"language{number}": counts for number in range(400)}
    text = printed(80, show_store, known)
    assert "375 more; --json has them" in text
    assert len(text.splitlines()) < 100


def test_documents_are_shown_as_they_are_but_for_what_a_terminal_obeys():
    console = Console(file=StringIO(), width=100, force_terminal=True, color_system="standard")
    documents = [StoredDocument("an:id", "c", "repository-1", 10, 3, QUESTION, text_of(1, 2)), _long()]
    show_documents(documents, console)
    assert isinstance(console.file, StringIO)
    shown = console.file.getvalue()
    assert f"\x1b[2m{QUESTION}\x1b[0mdocument 2" in shown  # the prompt is dim, and what follows is not
    assert ESCAPE not in shown
    assert "[bold]␛[2J[/bold] über" in shown
    assert "… 1,000 more characters; --json has them." in shown


def _long() -> StoredDocument:
    return StoredDocument("long", "c", "", 5000, 5000, "", "x" * 5000)


def test_a_task_with_several_stores_is_told(home: Path, code: TokenStore, tmp_path: Path):
    shutil.copytree(home, tmp_path / "home")
    other = tmp_path / "home" / "tokens" / "code-0123456789abcdef"
    shutil.copytree(tmp_path / "home" / "tokens" / code.path.name, other)
    with pytest.raises(UserError, match=rf"has several \(code-0123456789abcdef, {code.path.name}\); give one of these"):
        stores_in(tmp_path / "home").store("code")
    assert stores_in(tmp_path / "home").store(other.name).path == other


def test_a_damaged_manifest_is_told_beside_the_others(home: Path, code: TokenStore, tmp_path: Path):
    shutil.copytree(home / "tokens", tmp_path / "tokens")
    manifest = tmp_path / "tokens" / code.path.name / "manifest.json"
    write_json(manifest, read_json(manifest) | {"format": 0})
    text = printed(80, show_stores, stores_in(tmp_path))
    assert "a_long_name_of_a_task" in text
    assert "Unreadable: " in text
    assert "format is 0" in text


def test_a_store_that_a_study_lacks_is_told():
    stored = Stored("study 'mine'", (), {"code": "0123456789abcdef"})
    assert "not prepared" in printed(80, show_stores, stored)
    with pytest.raises(UserError, match=r"--task code: its store is not there; run `codemix prepare`"):
        stored.store("code")
    with pytest.raises(UserError, match=r"--task text: study 'mine' has no token store of that task; there are code\."):
        stored.store("text")


def test_the_command_lists_shows_and_decodes(home: Path, capsys: pytest.CaptureFixture[str]):
    def said(*arguments: str) -> str:
        main(["data", "--home", str(home), *arguments])
        return capsys.readouterr().out

    assert "a_long_name_of_a_task" in said()
    assert [store["task"] for store in json.loads(said("--json"))] == ["a_long_name_of_a_task", "code"]
    assert "Fingerprints" in said("--task", "code")
    assert json.loads(said("--task", "code", "--json"))["vocab_size"] == 300
    assert "document" in said("--task", "code", "--documents", "1")
    (document,) = json.loads(
        said("--task", "code", "--documents", "1", "--split", "heldout", "--language", "c", "--json")
    )
    assert document["text"] == originals()[document["id"]].text[len(document["prompt"]) :]
    assert "code" in said("--data", str(home), "--home", "nowhere")


def test_an_empty_home_is_told_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    main(["data", "--home", str(tmp_path / "empty")])
    said = " ".join(capsys.readouterr().out.split())
    assert said.endswith("no token store is here; `codemix prepare STUDY` makes those of a study.")
    assert not (tmp_path / "empty").exists()


def test_a_study_whose_stores_are_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    main(["data", "gin/studies/quickstart.gin", "--home", str(tmp_path), "--json"])
    stores = json.loads(capsys.readouterr().out)
    assert {store["task"] for store in stores} == {"text", "web_code", "markup"}
    assert all(store["missing"] for store in stores)
