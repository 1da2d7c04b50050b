"""The training loss on several devices, where each makes the logits of its part of the vocabulary."""

import json
import os
import subprocess
import sys

import pytest

_ON_MESHES = """
import json, sys
import jax, jax.numpy as jnp, numpy as np, optax
from functools import partial
from codemix.model.loss import mean_nll
from codemix.model.partitioning import make_mesh, sharding

B, T, D = 8, 16, 8
random = np.random.default_rng()
worst = {}
for name, (V, shape) in json.loads(sys.argv[1]).items():
    mesh = make_mesh(shape, jax.devices()[: int(np.prod(list(shape.values())))])
    h, e = random.normal(size=(B, T, D)), random.normal(size=(V, D))
    targets, predicted = random.integers(0, V, (B, T)), random.random((B, T)) < 0.6

    def plain(h, e):
        nll = optax.softmax_cross_entropy_with_integer_labels(0.5 * jnp.einsum("btd,vd->btv", h, e), targets)
        return (nll * predicted).sum() / predicted.sum()

    with jax.enable_x64(True):
        loss, gradients = jax.value_and_grad(plain, (0, 1))(h, e)
        expected = [np.asarray(x, np.float64) for x in (loss, *gradients)]
    rows = sharding(mesh, "rows")
    arguments = [
        jax.device_put(np.float32(h), rows), jax.device_put(np.float32(e), sharding(mesh, None, "embed")),
        jax.device_put(np.int32(targets), rows), jax.device_put(predicted, rows),
    ]
    found = jax.jit(partial(jax.value_and_grad(mean_nll, (0, 1)), scale=0.5, chunk=4, mesh=mesh))(*arguments)
    found = [found[0], *found[1]]
    worst[name] = max(float(np.abs(np.asarray(x) - y).max() / np.abs(y).max()) for x, y in zip(found, expected))
print(json.dumps(worst))
"""

CASES = {  # vocabulary, mesh
    "one": (37, {"data": 1}),
    "parts of one size": (48, {"fsdp": 8}),
    "a part of padding alone": (33, {"fsdp": 8}),
    "padding at the end of all": (38, {"data": 2, "fsdp": 4}),
    "rows repeated": (40, {"fsdp": 2, "tensor": 4}),
    "all axes": (48, {"data": 2, "fsdp": 2, "tensor": 2}),
}


@pytest.fixture(scope="module")
def errors() -> dict[str, float]:
    """Of loss and gradients on every mesh, in a process with eight devices of the host platform: the largest
    difference to the plain formula in float64, relative to the largest value."""
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    ran = subprocess.run(
        [sys.executable, "-c", _ON_MESHES, json.dumps(CASES)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout)


@pytest.mark.parametrize("case", CASES)
def test_the_loss_in_parts_of_the_vocabulary_is_the_plain_one(errors: dict[str, float], case: str) -> None:
    """In float32, whose sums of some 100 terms are off by 1e-6 of the largest."""
    assert errors[case] < 5e-6
