"""`codemix generate`: what it writes is what the source `synthetic` reads."""

from pathlib import Path

import pytest

from codemix.cli import main
from codemix.data.records.files import Files
from codemix.data.records.records import Records
from codemix.data.records.schemas import ProblemSolution
from codemix.data.source import Source
from codemix.store.atomic import read_json


def test_problems_are_made_verified_and_read(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["generate", "--problems", "12", "--seed", "3", "--workers", "1", "--home", str(tmp_path)]
    main(arguments)
    told = " ".join(capsys.readouterr().out.split())
    folder = tmp_path / "synthetic" / "12-seed-3"
    manifest = read_json(folder / "manifest.json")
    assert f"{manifest['kept']} of 12 problems are kept" in told
    assert 6 <= manifest["kept"] <= 12
    schema = ProblemSolution(identity="id")
    source = Source("synthetic", "synthetic", Records(Files((f"{folder}/*.jsonl.zst",)), schema))
    documents = [d for shard in source.reader.shards() for d in source.reader.documents(shard)]
    assert len(documents) == manifest["kept"]
    assert all("def " in document.text or "class " in document.text for document in documents)  # type: ignore[union-attr]
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    main(arguments)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_overrides_need_a_file(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        main(["generate", "--problems", "3", "--home", str(tmp_path), "--gin.Audit.words=9"])
    assert "overrides what --benchmarks says" in capsys.readouterr().err
