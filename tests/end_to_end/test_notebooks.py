"""The notebooks, executed on the tiny study: they run, and what their cells hold is what its files say."""

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import tiny_study
from nbclient import NotebookClient
from tiny_study import STUDY, Reference

import codemix

FOLDER = Path(codemix.__file__).parents[1] / "notebooks"
NAMES = ("study", "checkpoint", "mixture")
_SECONDS_A_CELL = 300


def executed(name: str, home: Path, folder: Path, values: str) -> tuple[nbformat.NotebookNode, Any]:
    """A notebook, executed in `folder` on the study in `home`, and what the expression `values` is at its end."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(f"import json\nprint(json.dumps({values}))"))
    surroundings = {"CODEMIX_HOME": str(home), "CODEMIX_STUDY": str(STUDY), "JAX_PLATFORMS": "cpu"}
    client = NotebookClient(notebook, timeout=_SECONDS_A_CELL, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, **surroundings})
    return notebook, json.loads(notebook.cells[-1].outputs[-1]["text"])


def shown(notebook: nbformat.NotebookNode, kind: str) -> int:
    """How many of its cells show something of a kind."""
    return sum(any(kind in output.get("data", {}) for output in cell.get("outputs", [])) for cell in notebook.cells)


def assert_no_warnings(notebook: nbformat.NotebookNode) -> None:
    said = [
        output["text"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.get("name") == "stderr"
    ]
    assert not said


def test_study(reference: Reference, tmp_path: Path) -> None:
    notebook, values = executed(
        "study",
        reference.home,
        tmp_path,
        "[study.comparison['change_percent'].tolist(), question.comparison['change_percent'].tolist(), "
        "documents[study.control].mean(), late['loss'].mean()]",
    )
    folder = tiny_study.study_folder(reference.home)
    comparison = pd.read_parquet(folder / "report" / "comparison.parquet")
    assert values[0] == comparison["change_percent"].tolist()

    scores = pd.read_parquet(folder / "results.parquet").query("source == 'text'")
    sums = scores.groupby("arm")["nll"].sum()
    assert values[1][1] == pytest.approx(100 * (sums["balanced_to_text"] / sums["balanced_only"] - 1))
    assert shown(notebook, "image/png") >= 6
    assert_no_warnings(notebook)


def test_checkpoint(reference: Reference, tmp_path: Path) -> None:
    notebook, values = executed(
        "checkpoint",
        reference.home,
        tmp_path,
        "{'ends': [weights.between(first, second, share).scores(evaluation)[['source', 'document', 'nll']]"
        ".to_dict('list') for share in (0.0, 1.0)],"
        " 'line': line.to_dict('list'), 'rows': [w.weights_HxTxT.sum(-1).tolist() for w in seen.values()],"
        " 'apart': apart.to_dict('list'), 'key': [first.key, second.key, trunk.key],"
        " 'first_losses': losses.query('arm == @FIRST').groupby(['source', 'document'])['nll'].sum()"
        ".reset_index().to_dict('list'), 'context': first.config.context}",
    )
    stored = pd.read_parquet(tiny_study.study_folder(reference.home) / "results.parquet").query("seed == 0")
    arms = ("balanced_only", "balanced_to_text")
    for arm, ends, place in zip(arms, values["ends"], (0, -1), strict=True):
        of_arm = stored[stored["arm"] == arm].set_index(["source", "document"])
        found = pd.DataFrame(ends).set_index(["source", "document"])
        assert found["nll"].equals(of_arm.loc[found.index, "nll"])
        scored = of_arm.loc[found.index].groupby("source")[["nll", "bytes"]].sum()
        for source, sums in scored.iterrows():
            expected = sums["nll"] / sums["bytes"] / np.log(2)
            assert values["line"][source][place] == pytest.approx(expected)
    for rows in values["rows"]:
        np.testing.assert_allclose(rows, 1, atol=1e-5)

    first, second, trunk = (tiny_study.final_arrays(reference.home, key) for key in values["key"])
    name = next(name for name in trunk if "embedding_VxD" in name and "params" in name)
    a, b, t = (arrays[name].astype(np.float64).ravel() for arrays in (first, second, trunk))
    assert values["apart"]["layer"][0] == "embedding"
    assert values["apart"]["apart"][0] == pytest.approx(np.linalg.norm(a - b) / np.linalg.norm(t), rel=1e-4)
    moved = (a - t) @ (b - t) / np.linalg.norm(a - t) / np.linalg.norm(b - t)
    assert values["apart"]["cosine"][0] == pytest.approx(moved, rel=1e-3)

    losses = pd.DataFrame(values["first_losses"]).set_index(["source", "document"])["nll"]
    whole = stored.query("arm == 'balanced_only' and tokens <= @values['context']").set_index(["source", "document"])
    assert len(whole)
    np.testing.assert_allclose(losses.loc[whole.index], whole["nll"], rtol=1e-5)
    assert shown(notebook, "image/png") >= 7
    assert_no_warnings(notebook)


def test_mixture(finished_home: Path, tmp_path: Path) -> None:
    """The arm that it wrote parses and plans, and shares the control's phases with the study that was run."""
    _, values = executed(
        "mixture",
        finished_home,
        tmp_path,
        "[str(asked), mine.groupby('arm')['tokens'].sum().to_dict(), float(costs['chip_hours']['waves'])]",
    )
    study = codemix.load_study(values[0], home=finished_home)
    assert study.arms == ["text_only", "waves"]
    done = study.phases.groupby("name", sort=False)["done"].all()
    assert done.to_dict() == {"init": True, "continued": True, "rising": False, "falling": False}
    ledger = study.ledger.query("arm == 'waves'")
    assert values[1]["waves"] == ledger["tokens"].sum() == values[1]["steps"]
    assert values[2] == pytest.approx(9474, abs=1)  # gin/README.md, of every arm with 400B tokens


def test_without_a_study_that_was_run_it_says_so(tmp_path: Path) -> None:
    from nbclient.exceptions import CellExecutionError

    with pytest.raises(CellExecutionError) as told:
        executed("study", tmp_path / "empty", tmp_path, "0")
    assert "the study was not run; run `codemix run" in str(told.value)
    assert "site-packages" not in str(told.value)


@pytest.mark.parametrize("name", NAMES)
def test_git_keeps_no_outputs(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(NAMES)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert not cell.metadata
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
            assert len(cell.source.splitlines()) <= 24  # small cells, between prose
    assert sum(cell.cell_type == "markdown" for cell in notebook.cells) >= 8
