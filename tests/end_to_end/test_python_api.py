"""The finished tiny study from Python: what the frames and checkpoints say is what its files say."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tiny_study
from tiny_study import NAME, STUDY, Reference

import codemix
from codemix.api.study import StudyView
from codemix.errors import UserError
from codemix.evaluation.items import ITEM_SCHEMA
from codemix.evaluation.measures import measures
from codemix.evaluation.suite import SuiteTask
from codemix.model.partitioning import make_mesh
from codemix.training.loop import open_trainer
from codemix.training.weights import saved_model, saved_weights

LAST = "balanced_to_text"
TASK = SuiteTask("sciq", "reasoning", "sciq.yaml", chance=0.25)


@pytest.fixture(scope="module")
def study(reference: Reference) -> StudyView:
    return codemix.load_study(STUDY, home=reference.home)


def test_frames_are_the_studys_files(study: StudyView, reference: Reference) -> None:
    folder = tiny_study.study_folder(reference.home)
    assert (
        str(study) == f"{NAME}: text_only (control), balanced_only, balanced_to_text; 2 seeds; 10 of 10 phases trained"
    )
    pd.testing.assert_frame_equal(study.comparison, pd.read_parquet(folder / "report" / "comparison.parquet"))
    stored = pd.read_parquet(folder / "results.parquet")
    pd.testing.assert_frame_equal(study.scores[list(stored)], stored)
    plan = tiny_study.read_json(folder / "plan.json")
    assert study.ledger["tokens"].sum() == sum(line["tokens"] for line in plan["ledger"])
    assert set(study.phases["key"]) == {phase["key"] for phase in plan["phases"]}
    assert study.runs["done"].all()
    first = study.runs.iloc[0]
    losses = [loss for key in first["phases"] for _, loss, _ in tiny_study.losses(reference.home, key)]
    curve = study.curves.query(f"arm == '{first['arm']}' and seed == {first['seed']}")
    assert curve["loss"].tolist() == losses
    assert study.audit is None
    for ask in (lambda: study.items, lambda: study.suite):
        with pytest.raises(UserError, match="no benchmarks were scored"):
            ask()


def test_a_view_is_about_what_was_asked(study: StudyView) -> None:
    asked = study.ask(control="balanced_only", arms=[LAST], sources=["text"], seeds=[1])
    assert (asked.arms, asked.control, asked.seeds) == (["balanced_only", LAST], "balanced_only", [1])
    for frame in (asked.scores, asked.curves, asked.runs):
        assert set(frame["arm"]) == {"balanced_only", LAST}
        assert set(frame["seed"]) == {1}
    assert set(asked.scores["source"]) == {"text"}
    assert set(asked.ledger["arm"]) == {"balanced_only", LAST}
    assert set(asked.phases["seed"]) == {1}
    assert list(asked.comparison["source"]) == ["all sources", "text"]
    assert asked.ask(seeds=[0]).control == "balanced_only"  # a question to a question
    with pytest.raises(UserError, match="sources: the study has no 'poems'; it has text, web_code"):
        study.ask(sources=["poems"])
    with pytest.raises(UserError, match="compared with nothing"):
        _ = study.ask(arms=["text_only"]).comparison


def test_benchmarks_of_what_was_asked(finished_home: Path) -> None:
    """A suite of one task beside the study's results, as `codemix run` leaves it."""
    folder = tiny_study.study_folder(finished_home)
    plan = tiny_study.read_json(folder / "plan.json")
    entries = [dataclasses.asdict(measure) for measure in measures(TASK, 1_000_000)]
    entries = [{"name": facts.pop("task"), "measure": facts.pop("name"), **facts} for facts in entries]
    plan["suite"] = {"name": "small", "tasks": entries, "skipped": [], "published": None, "isolation": None}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    random = np.random.default_rng(0)
    rows = [
        {"task": TASK.name, "item": f"{item:03}", "hash": f"{item:016x}", "score": right, "acc": right, "bytes": 9}
        | {"arm": arm, "seed": seed, "category": TASK.category}
        for arm in plan["study"]["arms"]
        for seed in plan["study"]["seeds"]
        for item, right in enumerate(random.integers(0, 2, 60).astype(float))
    ]
    fields = [pa.field("arm", pa.string()), pa.field("seed", pa.int64()), pa.field("category", pa.string())]
    pq.write_table(pa.Table.from_pylist(rows, pa.schema([*ITEM_SCHEMA, *fields])), folder / "items.parquet")

    study = codemix.load_study(STUDY, home=finished_home)
    means = study.items.groupby("arm")["score"].mean()
    of_scores = study.suite.tasks.query("measure == 'acc'").set_index("arm")
    assert of_scores["score"].to_dict() == pytest.approx((100 * means.drop("text_only")).to_dict())
    asked = study.ask(control=LAST, arms=["balanced_only"], seeds=[1])
    assert set(asked.items["arm"]) == {"balanced_only", LAST}
    (row,) = asked.suite.tasks.query("measure == 'acc'").to_dict("records")
    one_seed = asked.items.groupby("arm")["score"].mean()
    assert row["difference"] == pytest.approx(100 * (one_seed["balanced_only"] - one_seed[LAST]))


@pytest.mark.parametrize("figure", ["comparison", "loss", "ledger", "dag"])
def test_the_reports_figures(study: StudyView, figure: str) -> None:
    assert study.figure(figure).get_axes()
    with pytest.raises(UserError, match="there are comparison, loss, ledger, dag"):
        study.figure("pie")


def test_parameters_are_those_of_the_checkpoint(study: StudyView, reference: Reference) -> None:
    """The same arrays as the training saved, found by the study and by the key alone."""
    saved = tiny_study.final_arrays(reference.home, study.checkpoint(LAST, 1).key)
    for checkpoint in (
        study.checkpoint(LAST, 1),
        codemix.open_checkpoint(reference.home, study.checkpoint(LAST, 1).key),
    ):
        for name, array in checkpoint.arrays().items():
            path = "".join(f"['{part}']" for part in ("params", *name.split("."), "value"))
            np.testing.assert_array_equal(array, saved[path])
        assert checkpoint.label == "balanced_to_text · continued · seed 1"
        assert checkpoint.tokenizer.decode(checkpoint.encode("def f(x):\n\treturn 'é'")) == "def f(x):\n\treturn 'é'"
    assert study.checkpoint(LAST, 1).step == 24


_ON_FOUR_DEVICES = """
import sys, codemix, numpy
checkpoint = codemix.open_checkpoint(sys.argv[1], sys.argv[2], mesh={"fsdp": 4})
arrays = checkpoint.arrays()
numpy.savez(sys.argv[3], **arrays)
print(checkpoint.mesh.size, *arrays["blocks.feed_forward.up_DxF"].addressable_shards[0].data.shape)
try:
    codemix.open_checkpoint(sys.argv[1], sys.argv[2], mesh={"fsdp": 2, "tensor": 2})
except codemix.errors.UserError as error:
    print(error, file=sys.stderr)
"""


def test_parameters_are_laid_out_on_the_mesh_that_is_asked_for(
    study: StudyView, reference: Reference, tmp_path: Path
) -> None:
    """Saved on one device, opened on four: the same numbers, a part of them on each."""
    here = study.checkpoint(LAST)
    surroundings = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    program = [sys.executable, "-c", _ON_FOUR_DEVICES, str(reference.home), here.key, str(tmp_path / "arrays.npz")]
    done = subprocess.run(program, env={**os.environ, **surroundings}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["4", "1", "8", "64"]  # of 1 × 32 × 64
    assert "parameters do not divide over the mesh data 1, fsdp 2, tensor 2" in done.stderr  # it has one head
    with np.load(tmp_path / "arrays.npz") as there:
        for name, array in here.arrays().items():
            np.testing.assert_array_equal(there[name], array)


def test_scores_are_the_studys(study: StudyView) -> None:
    """To the bit: it is the same program over the same documents."""
    found = study.checkpoint(LAST, 1).scores(study.plan.study.evaluation)
    stored = study.scores.query(f"arm == '{LAST}' and seed == 1").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, stored[list(found)])


def test_the_trunk_is_where_the_arms_part(study: StudyView, reference: Reference) -> None:
    trunk = study.trunk("balanced_only", LAST)
    assert (trunk.label, trunk.step) == ("balanced_only + balanced_to_text · init · seed 0", 12)
    start = study.trunk("text_only", LAST)
    assert start.step == 0
    job = study.plan.phases[start.key].job
    trainer = open_trainer(job, start.stores, study.plan.study.hardware)
    began = trainer.init(jax.random.key(job.seed)).params  # what training begins with
    for found, expected in zip(jax.tree.leaves(start.params), jax.tree.leaves(began), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert study.checkpoints.query(f"arm == '{LAST}' and seed == 0")["step"].tolist() == [12, 24]


def test_what_is_not_there_is_told_in_a_sentence(study: StudyView, reference: Reference, tmp_path: Path) -> None:
    key = study.checkpoint(LAST).key
    for ask, sentence in (
        (
            lambda: study.checkpoint("text_first"),
            "there is no run of arm 'text_first' at seed 0; the arms are text_only",
        ),
        (lambda: study.checkpoint(LAST, 0, step=7), "was not saved; there are 0, 12, 24"),
        (lambda: codemix.open_checkpoint(reference.home, "abc"), "no study there has a phase 'abc'; there are "),
        (lambda: codemix.open_checkpoint(tmp_path, "abc"), "it has no study"),
        (
            lambda: saved_weights(saved_model(reference.home, key), 999, 0, make_mesh({}), "float32"),
            "the model has 512 tokens, and the token stores 999",
        ),
        (lambda: codemix.open_checkpoint(reference.home, key, 5), "no checkpoint of step 5; there are 24"),
        (lambda: codemix.load_study(STUDY, home=tmp_path).comparison, "the study was not run; run `codemix run"),
        (
            lambda: codemix.load_study(STUDY, home=reference.home, overrides=["BitsPerByte.documents=3"]).scores,
            "the results there are of the study with other bindings",
        ),
        (lambda: codemix.load_study("gin/studies/nothing.gin"), "there is no such gin file"),
        (lambda: codemix.load_study(STUDY, home="s3://bucket/home"), "read from a folder, not from a bucket"),
    ):
        with pytest.raises(UserError) as told:
            ask()
        assert sentence in str(told.value)
        assert "\n" not in str(told.value)


def test_the_home_is_found_above(reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEMIX_HOME", raising=False)
    below = tmp_path / "project" / "notebooks"
    below.mkdir(parents=True)
    (tmp_path / "project" / ".codemix").symlink_to(reference.home)
    monkeypatch.chdir(below)
    assert len(codemix.load_study(STUDY).scores)
    monkeypatch.setenv("CODEMIX_HOME", str(tmp_path / "elsewhere"))
    assert codemix.load_study(STUDY).home == tmp_path / "elsewhere"


def test_a_damaged_checkpoint_is_not_opened_and_left_as_it_is(finished_home: Path) -> None:
    study = codemix.load_study(STUDY, home=finished_home)
    key = study.checkpoint(LAST).key
    folder = finished_home / "phases" / key / "checkpoints" / "step_24"
    largest = max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1])
    before = tiny_study.contents(folder.parent)
    with pytest.raises(UserError, match=r"no checkpoint is whole: that of step 24 is damaged \(.* bytes instead of"):
        codemix.open_checkpoint(finished_home, key)
    assert tiny_study.contents(folder.parent) == before


def test_a_checkpoint_in_a_bucket(study: StudyView, reference: Reference, s3_bucket: str) -> None:
    """Its home is copied there as a tool for buckets would; opened by its URL, it is the one on the disk."""
    from codemix.store.paths import open_folder

    key = study.checkpoint(LAST).key
    bucket = open_folder(f"{s3_bucket}/home")
    wanted = [f"phases/{key}/checkpoints", "tokens", "tokenizers", f"studies/{NAME}/plan.json"]
    for file in (path for part in wanted for path in [reference.home / part, *(reference.home / part).rglob("*")]):
        if file.is_file():
            (bucket / file.relative_to(reference.home).as_posix()).write_bytes(file.read_bytes())
    there = codemix.open_checkpoint(f"{s3_bucket}/home", key)
    here = codemix.open_checkpoint(reference.home, key)
    for name, array in here.arrays().items():
        np.testing.assert_array_equal(array, there.arrays()[name])
    evaluation = study.plan.study.evaluation
    pd.testing.assert_frame_equal(there.scores(evaluation), here.scores(evaluation))
