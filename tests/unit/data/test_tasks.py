from pathlib import Path

import numpy as np
import pytest

from codemix.data.tasks import FEATURE, PROMPT, register, seqio
from codemix.store.token_store import TokenStore


@pytest.fixture(scope="module")
def registered(prepared):
    register(prepared.corpora, prepared.home)
    register(prepared.corpora, prepared.home)  # a second time changes nothing
    return prepared


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_the_token_store_holds_what_the_seqio_task_gives(registered, split: str):
    for task in registered.corpora.tasks:
        dataset = seqio.get_mixture_or_task(task).get_dataset(None, split, shuffle=False)
        ids = np.concatenate([example[FEATURE] for example in dataset.as_numpy_iterator()])
        sequence = TokenStore(registered.corpora.store_path(registered.home, task)).sequence(split)
        np.testing.assert_array_equal(sequence.read(0, len(sequence)), ids)


@pytest.mark.parametrize("name", ["web_code", "balanced"])
def test_an_example_says_how_many_tokens_are_given(registered, name: str):
    """What the store's table says of the document; a mixture passes it through where it is asked to."""
    prompts = {}
    for task in ("text", "web_code"):
        sequence = TokenStore(registered.corpora.store_path(registered.home, task)).sequence("heldout")
        for row in sequence.documents():
            prompts[sequence.read(row["start"], row["start"] + row["tokens"]).tobytes()] = row["prompt"]
    arguments = {"passthrough_features": [PROMPT]} if name == "balanced" else {}
    dataset = seqio.get_mixture_or_task(name).get_dataset(None, "heldout", shuffle=False, num_epochs=1, **arguments)
    examples = list(dataset.as_numpy_iterator())
    assert {int(example[PROMPT]) > 0 for example in examples} == ({True} if name == "web_code" else {True, False})
    for example in examples:
        assert prompts[example[FEATURE][:-1].astype(np.uint16).tobytes()] == example[PROMPT]


def test_shards_are_files_and_each_can_be_read_alone(registered):
    source = seqio.TaskRegistry.get("text").source
    files = source.list_shards("train")
    assert [Path(file).name for file in files] == [f"train-{number:05d}-000.parquet" for number in range(len(files))]
    infos = [seqio.ShardInfo(index=number, num_shards=len(files)) for number in range(len(files))]
    parts = [len(list(source.get_dataset("train", shard_info=info))) for info in infos]
    assert all(parts)
    assert sum(parts) == source.num_input_examples("train")


def test_mixture_rates_are_the_resolved_weights(registered):
    for name, weights in registered.corpora.mixtures.items():
        mixture = seqio.MixtureRegistry.get(name)
        shares = registered.corpora.resolve(weights, name)
        assert {task.name: mixture.get_rate(task) for task in mixture.tasks} == {
            task: float(share) for task, share in shares.items()
        }


def test_a_mixture_can_be_read(registered):
    dataset = seqio.get_mixture_or_task("balanced").get_dataset({FEATURE: 512}, "train", shuffle=False, num_epochs=1)
    assert len(next(dataset.as_numpy_iterator())[FEATURE]) > 50


def test_the_vocabulary_decodes_and_ends(registered):
    vocabulary = seqio.TaskRegistry.get("text").output_features[FEATURE].vocabulary
    text = "the naïve 数据"
    ids = vocabulary.encode(text)
    np.testing.assert_array_equal(vocabulary.encode_tf(text), ids)
    assert vocabulary.decode(ids) == text
    assert vocabulary.decode_tf(np.array(ids, np.int32)).numpy().decode() == text
    assert vocabulary.vocab_size == 300
    assert vocabulary == seqio.TaskRegistry.get("web_code").output_features[FEATURE].vocabulary
