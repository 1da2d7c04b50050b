"""TensorFlow Datasets: a real builder, prepared in both of its file formats."""

import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from codemix.data.documents import Bad
from codemix.data.records import tfds as origin
from codemix.data.records.tfds import Tfds
from codemix.errors import UserError

COUNT = 25
FIELDS = ("text", "meta", "tags", "absent?")


def example(number: int) -> dict[str, Any]:
    meta = {"stars": number, "name": f"näme {number}"}
    text = b"\xff not UTF-8" if number == 7 else f"text {number}\u2028é\0"
    return {"text": text, "meta": meta, "tags": ["a", "b"][: number % 3]}


class Tiny(tfds.core.GeneratorBasedBuilder):
    """Twenty-five examples with nested features."""

    VERSION = tfds.core.Version("1.2.0")
    BUILDER_CONFIGS = [tfds.core.BuilderConfig(name="en")]  # noqa: RUF012  # as the library wants it

    def _info(self) -> tfds.core.DatasetInfo:
        text, stars = tfds.features.Text(), tfds.features.Scalar(dtype=np.int64)
        features = {"text": text, "meta": {"stars": stars, "name": text}, "tags": tfds.features.Sequence(text)}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, _: Any) -> dict[str, Any]:
        return {"train": self._generate_examples()}

    def _generate_examples(self) -> Any:
        for number in range(COUNT):
            yield number, example(number)


FORMATS = ("array_record", "tfrecord")


@pytest.fixture(scope="module")
def data_dirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """File format -> the folder where the builder was prepared in it."""
    folders = {file_format: tmp_path_factory.mktemp(file_format) for file_format in FORMATS}
    for file_format, folder in folders.items():
        Tiny(config="en", data_dir=folder, file_format=file_format).download_and_prepare()
    return folders


@pytest.fixture(params=FORMATS)
def data_dir(request: pytest.FixtureRequest, data_dirs: dict[str, Path]) -> Path:
    return data_dirs[request.param]


def read(tiny: Tfds, fields: tuple[str, ...] = FIELDS) -> list[Any]:
    parts = pickle.loads(pickle.dumps(tiny.parts(())))
    return [found for part in parts for found in tiny.records(part, fields)]


def test_every_example_comes_once_as_plain_python(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "PART_EXAMPLES", 10)
    tiny = Tfds("tiny/en", data_dir=str(data_dir))
    assert [(part.start, part.stop) for part in tiny.parts(())] == [(0, 10), (10, 20), (20, 25)]
    found = read(tiny)
    bad = [each for each in found if isinstance(each, Bad)]
    assert len(found) == COUNT
    assert [each.reason for each in bad] == ["not UTF-8"]
    records = sorted((each for each in found if not isinstance(each, Bad)), key=lambda each: each[1]["meta"]["stars"])
    assert [record for _, record in records] == [example(number) for number in range(COUNT) if number != 7]
    numbers = [int(each.where.rpartition(":")[2]) if isinstance(each, Bad) else each[0] for each in found]
    assert numbers == list(range(1, COUNT + 1))
    assert bad[0].where.startswith("tiny/en/1.2.0/train:")


def test_the_slices_are_the_whole(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = Tfds("tiny/en:1.2.0", data_dir=str(data_dir))
    whole = read(tiny, ("text",))
    monkeypatch.setattr(origin, "PART_EXAMPLES", 7)
    assert read(tiny, ("text",)) == whole


def test_the_key_is_that_of_the_content(data_dir: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    moved.parent.mkdir(exist_ok=True)
    moved.symlink_to(data_dir)
    key = Tfds("tiny/en", data_dir=str(data_dir)).fingerprint(())
    assert Tfds("tiny/en", data_dir=str(moved)).fingerprint(()) == key


def test_array_records_are_read_without_tensorflow(data_dirs: dict[str, Path]) -> None:
    script = (
        "import sys; from codemix.data.records.tfds import Tfds; "
        f"tiny = Tfds('tiny/en', data_dir={str(data_dirs['array_record'])!r}); tiny.fingerprint(()); "
        "print(sum(1 for part in tiny.parts(()) for _ in tiny.records(part, ('text',))), 'tensorflow' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told.split() == [str(COUNT), "False"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"builder": "tiny/de"}, "tfds build tiny/de"),
        ({"builder": "tiny/en:9.0.0"}, "Tfds.data_dir"),
        ({"builder": "no such/name/at all"}, "Tfds.builder"),
        ({"split": "test"}, "there are train"),
    ],
)
def test_what_is_not_there_is_told(data_dir: Path, changes: dict[str, str], told: str) -> None:
    with pytest.raises(UserError, match=told):
        Tfds(**({"builder": "tiny/en", "data_dir": str(data_dir)} | changes)).parts(())


def test_a_missing_feature_is_told(data_dir: Path) -> None:
    with pytest.raises(UserError, match=r"no feature 'content' \(they have meta, tags, text\)"):
        read(Tfds("tiny/en", data_dir=str(data_dir)), ("content",))


def test_a_damaged_file_is_told(data_dir: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(data_dir, tmp_path / "damaged")
    (file,) = folder.glob("tiny/en/*/tiny-train*")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(UserError, match="damaged after example"):
        read(Tfds("tiny/en", data_dir=str(folder)))
