"""A small corpora over a folder of files that the test writes. A module of its own: worker processes import it."""

import dataclasses
import hashlib
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from codemix.data.corpora import Corpora
from codemix.data.documents import Document, Dropped
from codemix.data.source import Source
from codemix.data.tokenizer import TrainedTokenizer
from codemix.store.paths import preparing_lease

WORDS = ["the", "of", "a", "model", "data", "code", "arm", "token", "row", "seed", "reads", "trains", "über", "数据"]


@dataclasses.dataclass(frozen=True)
class FolderReader:
    """Every file of a folder, eight to a shard; an empty file is dropped. The first line of a .python file is given."""

    folder: str

    def paths(self) -> list[Path]:
        return sorted(Path(self.folder).iterdir())

    def fingerprint(self) -> str:
        content = b"".join(path.name.encode() + path.read_bytes() for path in self.paths())
        return hashlib.sha256(content).hexdigest()

    def shards(self) -> list[list[Path]]:
        paths = self.paths()
        return [paths[start : start + 8] for start in range(0, len(paths), 8)]

    def documents(self, shard: list[Path]) -> Iterator[Document | Dropped]:
        for path in shard:
            text = path.read_text(encoding="utf-8")
            prompt = text.find("\n") + 1 if path.suffix == ".python" else 0
            if text:
                yield Document(path.name, text, path.suffix[1:], "folder", {"path": path.name}, prompt=prompt)
            else:
                yield Dropped(path.name, "empty")


def write_files(folder: Path, count: int, suffix: str, words: int = 120) -> FolderReader:
    """`count` files of random words, the same on every call."""
    folder.mkdir(parents=True)
    random_words = random.Random(suffix)
    for number in range(count):
        lines = [" ".join(random_words.choices(WORDS, k=12)) for _ in range(words // 12)]
        (folder / f"{number:03d}.{suffix}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return FolderReader(str(folder))


def folder_corpora(folder: Path) -> Corpora:
    """Two sources of 40 documents in `folder`, which are written unless they are there."""
    readers = [
        FolderReader(str(folder / suffix)) if (folder / suffix).exists() else write_files(folder / suffix, 40, suffix)
        for suffix in ("en", "python")
    ]
    return Corpora(
        name="folder",
        sources=(
            Source("text", "text", readers[0], heldout_share=0.2),
            Source("web_code", "web_code", readers[1], heldout_share=0.2),
        ),
        mixtures={"balanced": {"text": 0.5, "web_code": 0.5}, "mostly_code": {"balanced": 0.4, "web_code": 0.6}},
        tokenizer=TrainedTokenizer(vocab_size=300, mixture={"balanced": 1.0}, budget_bytes=20_000),
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` and its bytes, but for those that say who prepared it."""
    lease = preparing_lease(folder)
    files = (path for path in folder.rglob("*") if path.is_file() and lease not in path.parents)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def imported(name: str) -> bool:
    """Whether this process has imported the module."""
    return name in sys.modules


if __name__ == "__main__":
    from codemix.data.pool import worker_pool
    from codemix.data.prepare import prepare

    corpora = folder_corpora(Path(sys.argv[1]))
    prepare(corpora, corpora.tasks, Path(sys.argv[2]), worker_pool(2))
