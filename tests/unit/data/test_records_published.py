"""Datasets that are known by their name: studies of them are planned, and refused when they are to be read."""

import pickle
from pathlib import Path

import pytest

from codemix.data.records.files import Files
from codemix.data.records.published import Published
from codemix.data.records.records import Records
from codemix.data.records.schemas import SlimPajama
from codemix.data.source import Source
from codemix.errors import UserError
from codemix.study.gin_files import load_corpora

PROFILE = Path(__file__).parents[3] / "gin/corpora/published.gin"


def source(dataset: str, revision: str = "", subsets: tuple[str, ...] = ()) -> Source:
    return Source("text", "text", Records(Published(dataset, revision), SlimPajama(), subsets))


def test_the_key_is_that_of_name_revision_and_subsets() -> None:
    sources = [source("a"), source("b"), source("a", "1"), source("a", "2"), source("a", subsets=("C4",))]
    assert len({each.key() for each in sources}) == len(sources)
    assert source("a", "1").key() == pickle.loads(pickle.dumps(source("a", "1"))).key()


def test_every_task_of_the_literature_has_a_key_without_a_file() -> None:
    corpora = load_corpora(PROFILE)
    assert {"text", "web_code", "markup", "synthetic", "instruct_code"} <= set(corpora.tasks)
    assert len({corpora.store_key(task) for task in corpora.tasks}) == len(corpora.tasks)


def test_reading_is_refused_in_one_sentence_that_names_the_mend() -> None:
    with pytest.raises(UserError, match=r"'cerebras/SlimPajama-627B' is a name to plan with; .* 'gin/corpora/hub.gin'"):
        load_corpora(PROFILE).source("text").reader.shards()


def test_a_dataset_has_a_name() -> None:
    with pytest.raises(UserError, match=r"Published\.dataset is empty"):
        Published("")


@pytest.mark.parametrize("profile", ["files", "hub"])
def test_a_profile_that_is_included_after_it_takes_its_place(profile: str, tmp_path: Path) -> None:
    """All of it: no source is left with a name alone."""
    study = tmp_path / "study.gin"
    study.write_text(f"include 'gin/corpora/published.gin'\ninclude 'gin/corpora/{profile}.gin'\n")
    corpora = load_corpora(study)
    assert corpora.name == profile
    origins = {source.name: getattr(source.reader, "origin", None) for source in corpora.sources}
    assert not [name for name, origin in origins.items() if isinstance(origin, Published)]
    assert isinstance(origins["text"], Files)
