"""SeqIO's view of a corpora profile: each source a Task, each mixture a Mixture.

They are what a token store holds, for everything that speaks SeqIO; `codemix.data.check` compares the two. An example
has `targets`, the document's tokens and its end, and `prompt`, how many of them at its start are given: a Task passes
it through, a Mixture where `get_dataset(passthrough_features=["prompt"])` asks for it.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

from codemix.data.corpora import Corpora
from codemix.data.document_store import document_files, read_manifest
from codemix.data.drops import Drops
from codemix.data.exclusions import read_kept
from codemix.data.tensorflow_quietly import seqio, tf
from codemix.data.vocabulary import TokenizerVocabulary
from codemix.store.paths import open_folder
from codemix.store.token_store import SPLITS

FEATURE = "targets"
PROMPT = "prompt"
_SIGNATURE = {name: tf.TensorSpec([], tf.string) for name in ("id", PROMPT, FEATURE, "language", "cluster")}


class DocumentSource(seqio.DataSource):
    """The documents of a finished document store, but those that are left out of the task; a shard is a file.

    `num_input_examples` counts those, too.
    """

    def __init__(self, store: Path, exclusions: Path | None):
        self.store, self.exclusions = store, exclusions
        entries = read_manifest(store)["splits"]
        counts = {split: sum(entry["documents"] for entry in entries[split]) for split in SPLITS}
        super().__init__(splits=SPLITS, num_input_examples=counts)

    @property
    def supports_arbitrary_sharding(self) -> bool:
        return False

    def list_shards(self, split: str) -> list[str]:
        return [str(path) for path in document_files(self.store, split)]

    def get_dataset(
        self,
        split: str = "train",
        shuffle: bool = True,
        seed: int | None = None,
        shard_info: seqio.ShardInfo | None = None,
        *,
        sequence_length: dict[str, int] | None = None,
        use_cached: bool = False,
        num_epochs: int | None = 1,
    ) -> tf.data.Dataset:
        files = self.list_shards(split)
        if shard_info is not None:
            files = files[shard_info.index :: shard_info.num_shards]
        dataset = tf.data.Dataset.from_tensor_slices(tf.constant(files, dtype=tf.string))
        if shuffle:
            dataset = dataset.shuffle(max(1, len(files)), seed=seed)
        examples = functools.partial(_examples, self.exclusions)
        return dataset.flat_map(
            lambda file: tf.data.Dataset.from_generator(examples, args=(file,), output_signature=_SIGNATURE)
        )


def _examples(exclusions: Path | None, file: bytes) -> Iterator[dict[str, str]]:
    for document in read_kept(open_folder(file.decode()), exclusions, Drops()):
        yield {
            "id": document.id,
            PROMPT: document.text[: document.prompt],
            FEATURE: document.text[document.prompt :],
            "language": document.language,
            "cluster": document.cluster,
        }


def _tokenize(dataset: tf.data.Dataset, output_features: dict[str, seqio.Feature]) -> tf.data.Dataset:
    """Puts the tokens of the prompt and of the rest, encoded apart, in `targets`, and in `prompt` how many of them are
    the prompt's."""
    encode = output_features[FEATURE].vocabulary.encode_tf

    def tokenize(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        prompt = encode(example[PROMPT])
        return {**example, PROMPT: tf.size(prompt), FEATURE: tf.concat([prompt, encode(example[FEATURE])], axis=0)}

    return dataset.map(tokenize, num_parallel_calls=tf.data.AUTOTUNE)


def register(corpora: Corpora, home: Path, tasks: tuple[str, ...] | None = None) -> None:
    """Registers tasks, and the mixtures that need no others, in SeqIO's registries; those of these names are replaced.

    Args:
        corpora: the profile.
        home: where its document stores and its tokenizer have been prepared.
        tasks: which tasks; by default all.
    """
    wanted = corpora.tasks if tasks is None else tasks
    vocabulary = TokenizerVocabulary(corpora.tokenizer_path(home), corpora.tokenizer_eos())
    for task in wanted:
        seqio.TaskRegistry.remove(task)
        seqio.TaskRegistry.add(
            task,
            source=DocumentSource(corpora.documents_path(home, task), corpora.exclusions_path(home, task)),
            preprocessors=[
                _tokenize,
                seqio.CacheDatasetPlaceholder(),
                seqio.preprocessors.append_eos,
            ],
            output_features={FEATURE: seqio.Feature(vocabulary, add_eos=True)},
        )
    for mixture, weights in corpora.mixtures.items():
        seqio.MixtureRegistry.remove(mixture)
        shares = corpora.resolve(weights, f"mixture '{mixture}'")
        if set(shares) <= set(wanted):
            seqio.MixtureRegistry.add(mixture, [(task, float(share)) for task, share in shares.items()])
