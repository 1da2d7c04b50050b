"""TensorFlow Datasets as an origin: any builder that has been prepared.

Its source code is not needed, and neither is TensorFlow where the files are ArrayRecord or Parquet.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from codemix.data.documents import Bad
from codemix.errors import UserError
from codemix.store.digests import file_digests
from codemix.store.fingerprint import fingerprint

PART_EXAMPLES = 10_000


@dataclasses.dataclass(frozen=True)
class TfdsPart:
    """Examples [start, stop) of a split, counted in the order of its files.

    Attributes:
        name: of dataset, configuration, version and split: "wikipedia/20230601.en/1.0.0/train".
        subset: "", always.
    """

    name: str
    start: int
    stop: int
    subset: str = ""


@dataclasses.dataclass(frozen=True)
class Tfds:
    """Records that are the examples of a TensorFlow Datasets builder; bytes are texts.

    Attributes:
        builder: "name", "name/configuration" or "name/configuration:version"; by default the newest that is prepared.
        split: its name.
        data_dir: where it was prepared; by default ~/tensorflow_datasets, or $TFDS_DATA_DIR.

    In `fields` a name that ends in "?" is optional: the examples may lack it.
    """

    builder: str
    split: str = "train"
    data_dir: str | None = None

    @property
    def names_subsets(self) -> bool:
        return False

    def fingerprint(self, subsets: Sequence[str]) -> str:
        """The key of the dataset's name, version and shards; of local files, of their contents as well."""
        builder = self._builder()
        split = builder.info.splits[self.split]
        files = [Path(path) for path in map(str, split.filepaths) if "://" not in path]
        facts = [builder.info.full_name, self.split, list(split.shard_lengths), int(split.num_bytes)]
        return fingerprint([facts, file_digests(files)])

    def parts(self, subsets: Sequence[str]) -> Sequence[TfdsPart]:
        builder = self._builder()
        count = builder.info.splits[self.split].num_examples
        if not count:
            raise UserError(f"Tfds.split: '{self.split}' of {builder.info.full_name} is empty; name another.")
        name = f"{builder.info.full_name}/{self.split}"
        starts = range(0, count, PART_EXAMPLES)
        return [TfdsPart(name, start, min(start + PART_EXAMPLES, count)) for start in starts]

    def records(self, part: TfdsPart, fields: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]] | Bad]:
        builder = self._builder()
        present = tuple(builder.info.features or ())
        wanted = _wanted(fields, present, part.name)
        number = part.start
        try:
            for number, example in enumerate(_examples(builder, self.split, part), part.start + 1):
                try:
                    yield number, {field: _plain(example[field]) for field in wanted}
                except UnicodeDecodeError:
                    yield Bad(f"{part.name}:{number}", "not UTF-8", str(example)[:1000])
        except Exception as error:  # of ArrayRecord's reader, or of TensorFlow's
            raise UserError(
                f"{part.name}: damaged after example {number} ({_first_line(error)}); run `tfds build` again."
            ) from None

    def _builder(self) -> Any:
        from tensorflow_datasets.core import read_only_builder

        try:
            builder = read_only_builder.builder_from_files(self.builder, data_dir=self.data_dir)
        except Exception as error:  # of any kind, for a folder that is no dataset's
            raise UserError(
                f"Tfds.builder: {self.builder!r} is not to be read ({_first_line(error)}); run `tfds build "
                f"{self.builder.partition(':')[0]} --file_format=array_record`, or say in Tfds.data_dir where it is."
            ) from None
        if self.split not in builder.info.splits:
            there = ", ".join(builder.info.splits) or "none"
            raise UserError(f"Tfds.split: {builder.info.full_name} has no split '{self.split}'; there are {there}.")
        return builder


def _examples(builder: Any, split: str, part: TfdsPart) -> Iterable[Mapping[str, Any]]:
    try:
        source = builder.as_data_source(split)
    except NotImplementedError:  # a format without random access: TFRecord
        return _examples_of_tensorflow(builder, split, part)
    return (source[index] for index in range(part.start, part.stop))


def _examples_of_tensorflow(builder: Any, split: str, part: TfdsPart) -> Iterable[Mapping[str, Any]]:
    from tensorflow_datasets.core import dataset_utils
    from tensorflow_datasets.core.utils.read_config import ReadConfig

    from codemix.data.tensorflow_quietly import tf

    config = ReadConfig(interleave_cycle_length=1, try_autocache=False)  # file after file
    with tf.device("cpu"):
        dataset = builder.as_dataset(
            split=f"{split}[{part.start}:{part.stop}]", read_config=config, shuffle_files=False
        )
    return dataset_utils.as_numpy(dataset)


def _wanted(fields: Sequence[str], present: Sequence[str], name: str) -> list[str]:
    for field in fields:
        if not field.endswith("?") and field not in present:
            raise UserError(
                f"{name}: its examples have no feature '{field}' (they have {', '.join(sorted(present))}); "
                "give the schema of such records in Records.schema."
            )
    return [field.removesuffix("?") for field in fields if field.removesuffix("?") in present]


def _plain(value: Any) -> Any:
    """Python's own values; bytes become str. Raises UnicodeDecodeError."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "to_list"):  # a ragged tensor
        return _plain(value.to_list())
    return _plain(value.tolist()) if hasattr(value, "tolist") else value


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".:;")
