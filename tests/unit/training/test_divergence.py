"""The policies for bad steps: what changes nothing changes nothing, and the same steps are bad however often the phase
is interrupted."""

import dataclasses
import statistics
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ends import assert_same, end_of, metrics_of, record_of
from interrupted import interrupt_before
from tiny_training import BATCH_ROWS, EOS, HARDWARE, MODEL, STEPS, VOCAB, make_job

from codemix.errors import UserError
from codemix.model.partitioning import make_mesh
from codemix.store.token_store import TokenRows, TokenStore
from codemix.training.divergence import Divergence
from codemix.training.feed import batches
from codemix.training.job import Job
from codemix.training.loop import train
from codemix.training.monitor import DivergenceError
from codemix.training.optimizer import Optimizer
from codemix.training.saved import saved_steps
from codemix.training.spikes import Norms, accepted, is_bad
from codemix.training.step import make_trainer

MakeJob = Callable[..., Job]
Stores = dict[str, Path]
WINDOW = 2
# So small a factor, and so large a rate, that some of the twelve steps are bad.
SKIP = Divergence("skip", factor=1.03, window=WINDOW, limit=12)
REWIND = Divergence("rewind", factor=1.03, window=WINDOW, rewind_steps=3, limit=12)
RATES = np.full(STEPS, 0.1, np.float32)


def simulated(job: Job, divergence: Divergence) -> tuple[list[np.ndarray], set[int], list[tuple[int, int]]]:
    """The phase by the definition of its policy, without any of the loop: the end, the steps that changed nothing, and
    (first, last) of every stretch of such steps."""
    trainer = make_trainer(MODEL, VOCAB, EOS, Optimizer(), make_mesh({"data": 1}), jnp.dtype("float32"))
    rows = {s: TokenRows(TokenStore(path).sequence("train"), MODEL.context) for s, path in job.stores.items()}
    feed = batches(job.index, rows, job.seed, BATCH_ROWS, range(BATCH_ROWS))
    state, norms = trainer.init(jax.random.key(job.seed)), []
    states = {0: (state, norms)}  # after every step
    stretches = []
    for step in range(1, job.last_step + 1):
        batch = feed[step - 1]
        copy = jax.tree.map(jnp.copy, state)
        after, metrics = trainer.step(copy, batch["tokens"], batch["predicted"], job.rates[step - 1])
        norm = float(metrics["grad_norm"])
        usual = statistics.median(norms[-WINDOW:]) if len(norms) >= WINDOW else np.inf
        if norm > divergence.factor * usual:
            before = step - 1
            if divergence.policy == "rewind":
                before = (step - 1) // divergence.rewind_steps * divergence.rewind_steps
            state, norms = states[before]
            stretches.append((before + 1, step))
        else:
            state, norms = after, [*norms, norm]
        states[step] = (state, norms)
    passed_over = {step for first, last in stretches for step in range(first, last + 1)}
    return [np.asarray(leaf) for leaf in jax.tree.leaves((state.params, state.optimizer))], passed_over, stretches


@pytest.fixture(scope="module")
def undisturbed(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a phase of each policy has been trained without interruption."""
    home = tmp_path_factory.mktemp("undisturbed")
    for divergence in (SKIP, REWIND):
        train(watched_job(stores, divergence), home, HARDWARE)
    return home


def watched_job(stores: Stores, divergence: Divergence) -> Job:
    return make_job(stores, key=divergence.policy, divergence=divergence, rates=RATES)


@pytest.mark.parametrize("divergence", [SKIP, REWIND], ids=["skip", "rewind"])
def test_the_end_is_that_of_the_policy(stores: Stores, undisturbed: Path, divergence: Divergence) -> None:
    """State, records and ledger are those of a simulation that knows no loop."""
    watched = watched_job(stores, divergence)
    end, passed_over, stretches = simulated(watched, divergence)
    assert 0 < len(passed_over) < STEPS
    for ours, theirs in zip(end_of(watched, undisturbed, HARDWARE), end, strict=False):  # ours has the norms, too
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=1e-6)

    done = record_of(watched, undisturbed)
    assert [(stretch["first"], stretch["last"]) for stretch in done["passed_over"]] == stretches
    assert all("the gradient norm" in stretch["why"] for stretch in done["passed_over"])
    bad = {record["step"] for record in metrics_of(watched, undisturbed) if record.get("passed_over")}
    assert bad == {last for _, last in stretches}
    assert done["consumed_rows"] == {"code": 48, "text": 48}
    assert done["passed_over_rows"] == {"code": 4 * len(passed_over), "text": 4 * len(passed_over)}


@pytest.mark.parametrize("divergence", [SKIP, REWIND], ids=["skip", "rewind"])
@pytest.mark.parametrize("batch", [5, 8, 11])
def test_an_interruption_changes_nothing(
    stores: Stores,
    undisturbed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    divergence: Divergence,
    batch: int,
) -> None:
    watched = watched_job(stores, divergence)
    interrupt_before(batch, monkeypatch, watched, tmp_path, dataclasses.replace(HARDWARE, checkpoint_steps=2))
    train(watched, tmp_path, HARDWARE)
    homes = [undisturbed, tmp_path]
    assert_same(*(end_of(watched, home, HARDWARE) for home in homes))
    records = [metrics_of(watched, home) for home in homes]
    assert records[0] == records[1]
    stretches = [record_of(watched, home)["passed_over"] for home in homes]
    assert stretches[0] == stretches[1]


def test_too_many_bad_steps_stop_the_phase(job: MakeJob, tmp_path: Path) -> None:
    strict = dataclasses.replace(SKIP, limit=1)
    with pytest.raises(DivergenceError, match=r"after 1 bad steps that were passed over; lower LearningRate.peak"):
        train(job(divergence=strict, rates=RATES), tmp_path, HARDWARE)


def test_a_rewind_whose_checkpoint_is_lost_is_done_by_the_next_run(
    stores: Stores, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted behind a state that a rewind takes up, which is then lost: the bad step is found again."""
    watched = watched_job(stores, REWIND)
    stretches = [(each["first"], each["last"]) for each in record_of(watched, undisturbed)["passed_over"]]
    first, last = next(stretch for stretch in stretches if 1 < stretch[0] < stretch[1])
    interrupt_before(last - 1, monkeypatch, watched, tmp_path, dataclasses.replace(HARDWARE, checkpoint_steps=1))
    assert first - 1 in saved_steps(tmp_path, "rewind")
    (tmp_path / "phases" / "rewind" / "checkpoints" / f"step_{first - 1}" / "files.json").unlink()
    with pytest.raises(UserError, match=r"whose checkpoint is lost.*run the same command again"):
        train(watched, tmp_path, HARDWARE)
    train(watched, tmp_path, HARDWARE)
    assert_same(end_of(watched, tmp_path, HARDWARE), end_of(watched, undisturbed, HARDWARE))


def test_what_is_bad() -> None:
    norms = Norms(jnp.array([1.0, 2.0, 3.0]), jnp.array(3))
    policy = Divergence("skip", factor=2.0, window=3)

    def bad(loss: float, norm: float, policy: Divergence = policy, norms: Norms = norms) -> bool:
        return bool(is_bad(policy, norms, jnp.float32(loss), jnp.float32(norm)))

    assert not bad(1.0, 4.0)
    assert bad(1.0, 4.1)
    assert bad(np.nan, 1.0)
    assert bad(1.0, np.inf)
    assert not bad(1.0, 1e9, norms=Norms(norms.newest, jnp.array(2)))  # too few to compare with
    assert not bad(1.0, 1e9, policy=dataclasses.replace(policy, factor=None))
    assert bad(1.0, np.nan, policy=dataclasses.replace(policy, factor=None))
    assert accepted(norms, jnp.float32(9.0)).newest.tolist() == [9.0, 2.0, 3.0]


def test_who_stops_has_no_part_of_it_in_the_step() -> None:
    """The compiled step of the policy `stop` looks at no norms."""

    def text(divergence: Divergence) -> str:
        trainer = make_trainer(MODEL, VOCAB, EOS, Optimizer(), make_mesh({"data": 1}), jnp.dtype("float32"), divergence)
        state = jax.eval_shape(trainer.init, jax.random.key(0))
        rows = jax.ShapeDtypeStruct((8, MODEL.context + 1), np.uint16)
        counts = jax.ShapeDtypeStruct((8, MODEL.context), bool)
        return trainer.step.lower(state, rows, counts, jax.ShapeDtypeStruct((), np.float32)).as_text()

    assert "stablehlo.sort" in text(SKIP)
    assert "stablehlo.sort" not in text(Divergence())


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"policy": "ignore"}, "Divergence.policy is 'ignore'; give 'stop', 'skip' or 'rewind'"),
        ({"factor": 0.5}, "Divergence.factor is 0.5; give a number above 1, or None"),
        ({"limit": 0}, "Divergence.limit are whole numbers ≥ 1"),
    ],
)
def test_a_policy_that_cannot_be_is_told(values: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Divergence(**values)
