"""A tiny study on instructions as they are published: what is given is read, and the response alone is learnt."""

import json
import os

import jax
import numpy as np
import pytest
from rich.console import Console

from codemix.data.corpora import Corpora
from codemix.data.document_store import read_documents
from codemix.data.prepare import prepare
from codemix.data.records.files import Files
from codemix.data.records.records import Records
from codemix.data.records.schemas.instruct import PromptResponse
from codemix.data.source import Source
from codemix.data.tokenizer import TrainedTokenizer
from codemix.data.tokenizer_loading import load_tokenizer
from codemix.evaluation.bits_per_byte import BitsPerByte
from codemix.evaluation.scoring import score_documents
from codemix.model.config import Model
from codemix.store.token_store import SPLITS, TokenRows, TokenStore
from codemix.study.arm import Arm, Phase
from codemix.study.plan import Plan, make_plan
from codemix.study.run import train_phases
from codemix.study.study import Scale, Study
from codemix.training.feed import Batch, batches
from codemix.training.job import Hardware, phase_folder
from codemix.training.loop import open_trainer
from codemix.training.optimizer import LearningRate, Optimizer
from codemix.training.resume import final_state

STEPS, ROWS, CONTEXT = 24, 8, 64


def instructions(name: str, file: str) -> Source:
    reader = Records(Files((f"$CODEMIX_SAMPLES/evals/instruct/{file}",)), PromptResponse())
    return Source(name, "instruct", reader)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Prepared and trained."""
    if "CODEMIX_SAMPLES" not in os.environ:
        pytest.skip("CODEMIX_SAMPLES does not name the folder of real samples")
    jax.config.update("jax_disable_most_optimizations", True)
    study = Study(
        name="instruct",
        title="Do instructions train?",
        arms={"both": Arm((Phase("only", 1.0, {"dolly": 0.5, "code_alpaca": 0.5}),))},
        control="both",
        seeds=(0,),
        scale=Scale(
            name="tiny",
            model=Model(layers=1, width=16, heads=2, feed_forward=32, context=CONTEXT, loss_chunk=32),
            optimizer=Optimizer(),
            learning_rate=LearningRate("linear", peak=1e-2, warmup_tokens=0),
            tokens=STEPS * ROWS * CONTEXT,
            batch_rows=ROWS,
        ),
        corpora=Corpora(
            name="instructions",
            sources=(
                instructions("dolly", "dolly_hhrlhf_train_small.jsonl.gz"),
                instructions("code_alpaca", "new_codealpaca.json.gz"),
            ),
            tokenizer=TrainedTokenizer(vocab_size=512, mixture={"dolly": 0.5, "code_alpaca": 0.5}, budget_bytes=50_000),
        ),
        hardware=Hardware("test", mesh={"data": 1}),
        evaluation=BitsPerByte(("dolly",), documents=5),
    )
    home = tmp_path_factory.mktemp("home")
    prepare(study.corpora, study.corpora.tasks, home)
    plan = make_plan(study, home)
    train_phases(plan, list(plan.phases), Console(quiet=True))
    return plan


def test_the_store_tells_the_prompt_from_the_response(plan: Plan) -> None:
    """Of every document: the first tokens are the prompt's, the others the response's, and the bytes are counted."""
    corpora = plan.study.corpora
    tokenizer = load_tokenizer(corpora.tokenizer_path(plan.home))
    for task in corpora.tasks:
        store = TokenStore(plan.stores[task])
        store.verify()
        for split in SPLITS:
            sequence, prompts = store.sequence(split), 0
            documents = read_documents(corpora.documents_path(plan.home, task), split)
            for row, document in zip(sequence.documents(), documents, strict=True):
                ids = sequence.read(row["start"], row["start"] + row["tokens"])
                assert tokenizer.decode(ids[: row["prompt"]]) == document.text[: document.prompt] != ""
                assert tokenizer.decode(ids[row["prompt"] :]) == document.text[document.prompt :] != ""
                assert row["prompt_bytes"] == len(document.text[: document.prompt].encode())
                assert row["bytes"] == len(document.text.encode())
                prompts += row["prompt"]
            assert store.count(split, "prompt_tokens") == prompts > 0


def test_the_loss_is_on_responses_and_falls(plan: Plan) -> None:
    (key,) = plan.phases
    lines = (phase_folder(plan.home, key) / "metrics.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert len(records) == STEPS
    assert records[-1]["loss"] < 0.9 * records[0]["loss"]
    stores = [TokenStore(path) for path in plan.stores.values()]
    given = [store.count("train", "prompt_tokens") / store.count("train", "tokens") for store in stores]
    expected = 1 - np.mean(given)  # half of the rows are from each store
    assert np.mean([r["predicted_tokens"] for r in records]) / (ROWS * CONTEXT) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("hosts", [2, 4])
def test_any_number_of_hosts_reads_the_same_predictions(plan: Plan, hosts: int) -> None:
    ((_, phase),) = plan.phases.items()
    rows = {task: TokenRows(TokenStore(path).sequence("train"), CONTEXT) for task, path in plan.stores.items()}

    def read(first: int, last: int) -> list[Batch]:
        dataset = batches(phase.job.index, rows, 0, ROWS, range(first, last))
        return [dataset[step] for step in range(STEPS)]

    share = ROWS // hosts
    parts = [read(host * share, (host + 1) * share) for host in range(hosts)]
    for step, whole in enumerate(read(0, ROWS)):
        assert 0 < whole["predicted"].sum() < whole["predicted"].size
        for field in ("tokens", "predicted", "source"):
            joined = np.concatenate([part[step][field] for part in parts])  # type: ignore[literal-required]
            np.testing.assert_array_equal(joined, whole[field])  # type: ignore[literal-required]


def test_held_out_responses_are_scored(plan: Plan) -> None:
    ((_, phase),) = plan.phases.items()
    stores = {"dolly": TokenStore(plan.stores["dolly"])}
    trainer = open_trainer(phase.job, stores, plan.study.hardware)
    state = final_state(phase.job, plan.home, trainer)
    scores = score_documents(trainer.graph, state.params, trainer.mesh, stores, plan.study.evaluation)
    held_out = read_documents(plan.study.corpora.documents_path(plan.home, "dolly"), "heldout")
    responses = {document.id: document.text[document.prompt :] for document in held_out}
    assert len(scores) == 5
    assert scores["bytes"].tolist() == [len(responses[identity].encode()) for identity in scores["document"]]
    assert scores["nll"].between(0.1 * scores["tokens"], np.log(512) * 1.5 * scores["tokens"]).all()
