"""SeqIO's view of a corpora profile: each source a Task, each mixture a Mixture.

They are what a token store holds, for everything that speaks SeqIO; `codemix.data.check` compares the two."""

import functools
from collections.abc import Iterator
from pathlib import Path

from codemix.data.corpora import Corpora
from codemix.data.document_store import document_files, read_document_file, read_manifest
from codemix.data.tensorflow_quietly import seqio, tf
from codemix.data.vocabulary import TokenizerVocabulary
from codemix.store.token_store import SPLITS

FEATURE = "targets"
_SIGNATURE = {name: tf.TensorSpec([], tf.string) for name in ("id", "text", "language", "cluster")}


class DocumentSource(seqio.DataSource):
    """The documents of a finished document store; a shard is a file."""

    def __init__(self, store: Path):
        self.store = store
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
        return dataset.flat_map(
            lambda file: tf.data.Dataset.from_generator(_examples, args=(file,), output_signature=_SIGNATURE)
        )


def _examples(file: bytes) -> Iterator[dict[str, str]]:
    for document in read_document_file(Path(file.decode())):
        yield {name: getattr(document, name) for name in _SIGNATURE}


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
            source=DocumentSource(corpora.documents_path(home, task)),
            preprocessors=[
                functools.partial(seqio.preprocessors.rekey, key_map={FEATURE: "text"}),
                functools.partial(seqio.preprocessors.tokenize, copy_pretokenized=False),
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
