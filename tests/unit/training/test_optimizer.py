"""The learning rate of every step, and AdamW beside a plain numpy one."""

import jax
import numpy as np
import pytest

from codemix.errors import UserError
from codemix.training.optimizer import LearningRate, Optimizer

TOKENS_PER_STEP = 100


def rates(shape: str, steps: int = 100, **fields: float) -> np.ndarray:
    schedule = LearningRate(shape, peak=2.0, **{"warmup_tokens": 1000, **fields})  # type: ignore[arg-type]
    return schedule.rates(steps, TOKENS_PER_STEP)


@pytest.mark.parametrize("shape", ["cosine", "wsd", "linear"])
def test_every_shape_rises_to_its_peak_and_ends_at_its_final_rate(shape: str) -> None:
    """Ten steps of linear warm-up reach the peak; the last step has `final` of it; none is above the peak."""
    found = rates(shape, final=0.1)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:9] / found[0], np.arange(1, 10), rtol=0.02)
    np.testing.assert_allclose(found.max(), 2.0, rtol=0.02)
    np.testing.assert_allclose(found[-1], 0.2, rtol=1e-5)
    assert np.all(np.diff(found[10:]) <= 1e-7)


def test_the_cosine_is_half_way_in_the_middle() -> None:
    found = rates("cosine", final=0.1, warmup_tokens=0)
    np.testing.assert_allclose(found[49], 2.0 * (0.1 + 0.9 / 2), rtol=1e-6)


def test_wsd_is_constant_until_its_decay() -> None:
    found = rates("wsd", final=0.0, decay=0.25)
    np.testing.assert_array_equal(found[9:75], np.float32(2.0))
    np.testing.assert_allclose(found[75:], 2.0 * (1 - np.arange(1, 26) / 25), atol=1e-6)


def test_linear_goes_to_zero_in_equal_steps() -> None:
    found = rates("linear", final=0.0, warmup_tokens=0)
    np.testing.assert_allclose(np.diff(found), -2.0 / 100, rtol=1e-4)
    assert found[-1] == 0.0
    assert found[-2] > 0


@pytest.mark.parametrize("shape", ["cosine", "wsd", "linear"])
def test_arms_share_the_rates_before_their_schedules_part(shape: str) -> None:
    """Warm-up is the same for any number of steps, and WSD is until the shorter arm's decay."""
    short, long = rates(shape, steps=100), rates(shape, steps=400)
    shared = {"cosine": 0, "linear": 0, "wsd": 80}[shape]
    np.testing.assert_array_equal(short[:shared], long[:shared])
    assert not np.array_equal(short, long[:100])


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_phase_shorter_than_its_warm_up_still_has_rates(steps: int) -> None:
    for shape in ("cosine", "wsd", "linear"):
        found = rates(shape, steps=steps)
        assert found.shape == (steps,)
        assert np.isfinite(found).all()
        assert (found >= 0).all()


@pytest.mark.parametrize(
    "fields", [{"peak": 0.0}, {"peak": -1.0}, {"final": 1.1}, {"final": -0.1}, {"decay": 0.0}, {"warmup_tokens": -1}]
)
def test_a_schedule_that_cannot_be_is_told(fields: dict) -> None:
    with pytest.raises(UserError, match="LearningRate needs peak > 0, final from 0 to 1"):
        LearningRate(**{"shape": "cosine", "peak": 1.0, "warmup_tokens": 0, **fields})


def adamw(p: np.ndarray, gradients: list[np.ndarray], rate: float, settings: Optimizer, decayed: bool) -> np.ndarray:
    """AdamW as its paper writes it, with clipping by the norm."""
    m, v = np.zeros_like(p), np.zeros_like(p)
    for t, gradient in enumerate(gradients, start=1):
        g = gradient * min(1.0, settings.clip / np.linalg.norm(gradient))
        m = settings.beta1 * m + (1 - settings.beta1) * g
        v = settings.beta2 * v + (1 - settings.beta2) * g**2
        step = (m / (1 - settings.beta1**t)) / (np.sqrt(v / (1 - settings.beta2**t)) + settings.epsilon)
        p = p - rate * (step + settings.weight_decay * p * decayed)
    return p


@pytest.mark.parametrize(("name", "decayed"), [("gate_DxF", True), ("embedding_VxD", True), ("scale_D", False)])
def test_steps_are_adamw_and_norm_scales_do_not_decay(name: str, decayed: bool) -> None:
    """Three steps with large and small gradients equal the hand-written ones. Only matrices decay."""
    settings = Optimizer(weight_decay=0.5, clip=1.0, epsilon=1e-3)
    random = np.random.default_rng(0)
    start = random.normal(size=(4, 3))
    gradients = [random.normal(size=(4, 3)) * size for size in (10.0, 0.1, 1.0)]
    transformation = settings.transformation()
    params = {"blocks": {name: start.astype(np.float32)}}
    state = transformation.init(params)
    for gradient in gradients:
        updates, state = transformation.update({"blocks": {name: gradient.astype(np.float32)}}, state, params)
        params = jax.tree.map(lambda p, u: p - 0.1 * u, params, updates)
    np.testing.assert_allclose(params["blocks"][name], adamw(start, gradients, 0.1, settings, decayed), rtol=1e-5)
