"""The same two tasks for codemix, SeqIO and datatrove: files of the web and of code, filters, a tokenizer."""

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codemix.data.corpora import Corpora
from codemix.data.filters import Filter, HandWritten, LetterShare, LineLength, RepeatedLines, SizeBetween
from codemix.data.pool import default_workers
from codemix.data.records.files import Files
from codemix.data.records.records import Records
from codemix.data.records.schemas import SlimPajama, StarCoder
from codemix.data.source import Source
from codemix.data.tokenizer import END_OF_DOCUMENT, TokenizerFile

WORK = Path(os.environ.get("CODEMIX_BENCHMARK", "."))  # holds text/*.jsonl.zst, code/*.parquet and tokenizer.json
TASKS = ("text", "code")
FILES = {"text": "text/*.jsonl.zst", "code": "code/*.parquet"}
FILTERS: dict[str, tuple[Filter, ...]] = {
    "text": (SizeBetween(), LetterShare(), RepeatedLines()),
    "code": (SizeBetween(), LineLength(), LetterShare(), HandWritten(), RepeatedLines()),
}


def corpora(work: Path = WORK) -> Corpora:
    text = Records(Files((str(work / FILES["text"]),)), SlimPajama())
    code = Records(Files((str(work / FILES["code"]),)), StarCoder(metadata="keep"))
    return Corpora(
        name="benchmark",
        sources=(
            Source("text", "text", text, FILTERS["text"], heldout_share=0.0),
            Source("code", "web_code", code, FILTERS["code"], heldout_share=0.0),
        ),
        tokenizer=TokenizerFile(str(work / "tokenizer.json")),
    )


def run_datatrove() -> None:
    """Its fastest setting: nothing is shuffled, no metadata is read from Parquet, a task for each core."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.filters import LambdaFilter
    from datatrove.pipeline.readers import JsonlReader, ParquetReader
    from datatrove.pipeline.tokens import DocumentTokenizer

    tokenizer = DocumentTokenizer(
        str(WORK / "datatrove"), str(WORK / "tokenizer.json"), eos_token=END_OF_DOCUMENT, shuffle_documents=False
    )
    readers = (
        JsonlReader(str(WORK / "text"), default_metadata={"task": "text"}),
        ParquetReader(str(WORK / "code"), text_key="content", read_metadata=False, default_metadata={"task": "code"}),
    )
    LocalPipelineExecutor(
        [*readers, LambdaFilter(_keeps), tokenizer],
        tasks=default_workers(),
        workers=default_workers(),
        logging_dir=str(WORK / "datatrove-logs"),
    ).run()


def _keeps(document: Any) -> bool:
    """For a datatrove document, whose text is `text`, too."""
    return all(filter_.keeps(document) for filter_ in FILTERS[document.metadata["task"]])


def register_for_seqio(encoder: str) -> None:
    """The tasks as one writes them for SeqIO alone: no document store, no split, no search for duplicates.

    `encoder` is what their vocabulary encodes with, to the same ids: "tokenizers", Hugging Face's library, which is
    what there is for a tokenizer.json; or "codemix", codemix's own faster encoding.
    """
    from codemix.data.byte_pair import HuggingFaceTokenizer
    from codemix.data.tensorflow_quietly import seqio, tf
    from codemix.data.vocabulary import TokenizerVocabulary

    vocabulary = TokenizerVocabulary(WORK / "tokenizer.json")
    if encoder == "tokenizers":
        vocabulary.tokenizer = HuggingFaceTokenizer(WORK / "tokenizer.json", None)

    def dataset(path: tf.Tensor, task: str) -> tf.data.Dataset:
        texts = tf.data.Dataset.from_generator(
            functools.partial(_kept_texts, task), args=(path,), output_signature=tf.TensorSpec((), tf.string)
        )
        return texts.map(lambda text: {"targets": text})

    for task in TASKS:
        seqio.TaskRegistry.add(
            task,
            source=seqio.FileDataSource(functools.partial(dataset, task=task), {"train": str(WORK / FILES[task])}),
            preprocessors=[
                functools.partial(seqio.preprocessors.tokenize, copy_pretokenized=False),
                seqio.CacheDatasetPlaceholder(),
                seqio.preprocessors.append_eos,
            ],
            output_features={"targets": seqio.Feature(vocabulary, add_eos=True)},
        )


def _kept_texts(task: str, path: bytes) -> Iterator[bytes]:
    """The texts of a file that the filters keep, read as one reads such files without codemix."""
    import orjson
    import pyarrow.parquet as pq
    import zstandard

    from codemix.data.documents import Document

    def texts() -> Iterator[str]:
        if task == "text":
            with zstandard.open(path.decode(), "rt", encoding="utf-8", newline="\n") as lines:
                for line in lines:
                    yield orjson.loads(line)["text"]
        else:
            with pq.ParquetFile(path.decode()) as file:
                for batch in file.iter_batches(1000, columns=["content"]):
                    yield from batch["content"].to_pylist()

    for text in texts():
        document = Document("", text, "", "", {})
        if all(filter_.keeps(document) for filter_ in FILTERS[task]):
            yield text.encode()


if peer := os.environ.get("CODEMIX_BENCHMARK_PEER"):  # imported by `cache_tasks_main --module_import`
    register_for_seqio(peer)
