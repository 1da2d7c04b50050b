"""What devices send each other, counted in programs that are there."""

import json
import os
import subprocess
import sys

import pytest

from codemix.training.collectives import Collective, collectives_of

_PROGRAMS = """
import json, jax, jax.numpy as jnp
from jax.sharding import PartitionSpec as P
from codemix.model.partitioning import make_mesh
from codemix.training.collectives import collectives_of

mesh = make_mesh({"data": 4})

def on_each(body):
    return jax.shard_map(body, mesh=mesh, in_specs=P("data"), out_specs=P(), check_vma=False)

def once(x):
    return jax.lax.psum(x, "data")

def in_loops(x):
    def inner(sums, _):
        return sums + jax.lax.psum(x * sums, "data"), None
    def outer(sums, _):
        return jax.lax.scan(inner, sums, length=3)[0], None
    return jax.lax.scan(outer, jnp.zeros_like(x), length=5)[0]

def gathered(x):
    return jax.lax.all_gather(x, "data", tiled=True).sum()

x = jnp.zeros((8, 16), jnp.float32)
programs = {body.__name__: jax.jit(on_each(body)).lower(x).compile().as_text() for body in (once, in_loops, gathered)}
print(json.dumps({name: {kind: [found.calls, found.bytes] for kind, found in collectives_of(text).items()}
                  for name, text in programs.items()}))
"""


@pytest.fixture(scope="module")
def counted() -> dict:
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    ran = subprocess.run([sys.executable, "-c", _PROGRAMS], capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("program", "kind", "calls", "size"),
    [
        ("once", "all-reduce", 1, 2 * 16 * 4),  # a device has 2 of 8 rows
        ("in_loops", "all-reduce", 15, 15 * 2 * 16 * 4),
        ("gathered", "all-gather", 1, 8 * 16 * 4),
    ],
)
def test_a_collective_is_counted_as_often_as_it_is_called(
    counted: dict, program: str, kind: str, calls: int, size: int
) -> None:
    assert counted[program] == {kind: [calls, size]}


ASYNCHRONOUS = """HloModule step

%body (carry: (s32[], f32[8])) -> (s32[], f32[8]) {
  %permuted = (bf16[2,4]{1,0}, bf16[2,4]{1,0}, u32[], u32[]) collective-permute-start(%part), channel_id=1
  %done = bf16[2,4]{1,0} collective-permute-done(%permuted)
}

%condition (carry: (s32[], f32[8])) -> pred[] {
  %rounds = s32[]{:T(128)} constant(7)
  ROOT %before = pred[] compare(%counter, %rounds), direction=LT
}

%fusion.1 (x: f32[8]) -> f32[8] {
  %part = f32[8]{0} all-gather(%x), channel_id=2
}

%fusion.2 (x: f32[8]) -> f32[8] {
  %rest = f32[8]{0} all-gather(%x), channel_id=2
}

ENTRY %main (x: f32[8]) -> f32[8] {
  %all = (s32[], f32[8]) while(%start), condition=%condition, body=%body
  %begun = f32[8]{0} fusion(%x), kind=kOutput, calls=%fusion.1
  %ended = f32[8]{0} fusion(%begun), kind=kOutput, calls=%fusion.2
  %two = ((f32[2]{0}, bf16[4]{0}), (f32[8]{0}, bf16[16]{0})) all-gather-start(%x, %y), dimensions={0}
  %sums = (f32[3]{0}, f32[5]{0}) all-reduce-start(%a, %b), to_apply=%add
}
"""


def test_what_is_started_and_done_counts_once_and_by_its_results() -> None:
    """As the TPU compiler writes it: a loop's condition alone tells how often it goes round, and what goes on beside
    other work is in the text of several fusions."""
    assert collectives_of(ASYNCHRONOUS) == {
        "collective-permute": Collective(7, 7 * 16),
        "all-gather": Collective(2, 8 * 4 + 16 * 2 + 8 * 4),
        "all-reduce": Collective(1, 8 * 4),
    }
