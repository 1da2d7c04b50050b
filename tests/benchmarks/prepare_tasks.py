"""The same task for codemix and for SeqIO: JSON-lines files, filters, a tokenizer."""

import dataclasses
import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path

from codemix.data.corpora import Corpora
from codemix.data.documents import Document
from codemix.data.filters import Filter, HandWritten, LetterShare, LineLength, RepeatedLines, SizeBetween
from codemix.data.source import Source
from codemix.data.tokenizer import TokenizerFile

WORK = Path(os.environ.get("CODEMIX_BENCHMARK", "."))  # holds lines/*.jsonl and tokenizer.json
FILTERS: tuple[Filter, ...] = (SizeBetween(), LineLength(), LetterShare(), HandWritten(), RepeatedLines())


@dataclasses.dataclass(frozen=True)
class JsonLines:
    """Documents as objects with `id` and `text`, one a line; a shard is a file."""

    folder: str

    def fingerprint(self) -> str:
        return self.folder

    def shards(self) -> list[Path]:
        return sorted(Path(self.folder).glob("*.jsonl"))

    def documents(self, shard: Path) -> Iterator[Document]:
        with open(shard, encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                yield Document(record["id"], record["text"], "en", "benchmark", {})


def corpora() -> Corpora:
    return Corpora(
        name="benchmark",
        sources=(Source("lines", "text", JsonLines(str(WORK / "lines")), FILTERS, heldout_share=0.0),),
        tokenizer=TokenizerFile(str(WORK / "tokenizer.json")),
    )


def register_for_seqio(encoder: str) -> None:
    """The task as one writes it for SeqIO alone: no document store, no split, no search for duplicates.

    `encoder` is what its vocabulary encodes with, to the same ids: "tokenizers", Hugging Face's library, which is what
    there is for a tokenizer.json; or "codemix", codemix's own faster encoding.
    """
    from codemix.data.byte_pair import HuggingFaceTokenizer
    from codemix.data.tensorflow_quietly import seqio, tf
    from codemix.data.vocabulary import TokenizerVocabulary

    vocabulary = TokenizerVocabulary(WORK / "tokenizer.json")
    if encoder == "tokenizers":
        vocabulary.tokenizer = HuggingFaceTokenizer(WORK / "tokenizer.json", None)

    def read(dataset: tf.data.Dataset) -> tf.data.Dataset:
        def parse(line: bytes) -> tuple[bytes, bool]:
            record = json.loads(line)
            document = Document(record["id"], record["text"], "en", "benchmark", {})
            return document.text.encode(), all(filter_.keeps(document) for filter_ in FILTERS)

        def parsed(line: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            text, kept = tf.numpy_function(parse, [line], (tf.string, tf.bool), stateful=False)
            text.set_shape([])
            kept.set_shape([])
            return text, kept

        pairs = dataset.map(parsed, num_parallel_calls=tf.data.AUTOTUNE)
        return pairs.filter(lambda text, kept: kept).map(lambda text, kept: {"targets": text})

    seqio.TaskRegistry.add(
        "lines",
        source=seqio.TextLineDataSource({"train": str(WORK / "lines" / "*.jsonl")}),
        preprocessors=[
            read,
            functools.partial(seqio.preprocessors.tokenize, copy_pretokenized=False),
            seqio.CacheDatasetPlaceholder(),
            seqio.preprocessors.append_eos,
        ],
        output_features={"targets": seqio.Feature(vocabulary, add_eos=True)},
    )


if peer := os.environ.get("CODEMIX_BENCHMARK_PEER"):  # imported by `cache_tasks_main --module_import`
    register_for_seqio(peer)
