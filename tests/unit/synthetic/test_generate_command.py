"""`codemix generate`: what it writes is what the source `synthetic` reads."""

import bisect
import inspect
import json
from pathlib import Path

import pytest
from chat_server import running_chat
from model_author import author

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


MODEL = """
ModelGenerator.base_url = '{url}'
ModelGenerator.model = 'small'
ModelGenerator.requests_per_minute = 60_000.0
ModelGenerator.fragments = @Records()
Records.origin = @Files()
Files.patterns = ['{folder}/*.jsonl']
Records.schema = @StarCoder()
"""


def test_a_model_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    row = {"max_stars_repo_name": "ann/sums", "max_stars_repo_path": "sums.py", "content": inspect.getsource(bisect)}
    (tmp_path / "code.jsonl").write_text(json.dumps({**row, "max_stars_count": None, "id": "1"}) + "\n")
    file = tmp_path / "small.gin"
    with running_chat(author) as chat:
        file.write_text(MODEL.format(url=chat.url, folder=tmp_path))
        main(["generate", "--problems", "4", "--model", str(file), "--workers", "1", "--home", str(tmp_path)])
    manifest = read_json(tmp_path / "synthetic" / "4-small" / "manifest.json")
    assert manifest["kept"] >= 1
    assert f"{manifest['kept']} of 4 problems are kept" in " ".join(capsys.readouterr().out.split())


def test_overrides_need_a_file(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        main(["generate", "--problems", "3", "--home", str(tmp_path), "--gin.Audit.words=9"])
    assert "change the file of --model or --benchmarks" in capsys.readouterr().err


def test_contracts_are_not_for_a_models_code(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    command = ["generate", "--problems", "3", "--model", str(tmp_path / "small.gin"), "--home", str(tmp_path)]
    with pytest.raises(SystemExit):
        main([*command, "--contract-seconds", "2"])
    assert "leave it or --model out" in capsys.readouterr().err


def test_contracts_that_are_settled_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    pytest.importorskip("crosshair", reason="crosshair-tool is not installed")
    arguments = ["--problems", "3", "--families", "letter_shift", "--workers", "1", "--home", str(tmp_path)]
    main(["generate", *arguments, "--contract-seconds", "4"])
    manifest = read_json(tmp_path / "synthetic" / "3-seed-1" / "manifest.json")
    contracts = manifest["contracts"]
    assert contracts["seconds"] == 4
    confirmed, unsettled = (contracts.get(each, 0) for each in ("confirmed", "no counterexample within budget"))
    assert confirmed + unsettled == manifest["levels"]["4 mutants"]  # how many of each depends on the machine
    assert manifest["levels"].get("5 contract", 0) == confirmed
    told = capsys.readouterr().out
    assert ("5 contract" in told, "symbolic: no counterexample" in told) == (confirmed > 0, unsettled > 0)
    with pytest.raises(SystemExit):  # asked for otherwise, they are other problems
        main(["generate", *arguments])
    assert "contract time" in " ".join(capsys.readouterr().err.split())
