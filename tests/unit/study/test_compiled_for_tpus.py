"""The step as the TPU compiler makes it, for pods that are not here: what lies where, what is sent, what fits."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import pytest

from codemix.errors import UserError
from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.study.compiled import compile_study
from codemix.study.run import Request
from codemix.training.collectives import collectives_of
from codemix.training.compiling import lowered_step, topology_devices
from codemix.training.optimizer import Optimizer
from codemix.training.step import Trainer, make_trainer

pytestmark = pytest.mark.skipif(find_spec("libtpu") is None, reason="needs pip install 'codemix[tpu]'")

ROOT = Path(__file__).parents[3]
VOCAB, B, T, PIECES = 1280, 8, 256, 2
MODEL = Model(layers=3, width=256, heads=2, feed_forward=384, context=T, loss_chunk=128, remat="full")


class Pod(NamedTuple):
    trainer: Trainer
    program: jax.stages.Compiled
    text: str


@pytest.fixture(scope="module")
def pod() -> Pod:
    """Four chips of v5e, 2 in fsdp × 2 in tensor."""
    mesh = make_mesh({"fsdp": 2, "tensor": 2}, topology_devices("v5e:2x2"))
    trainer = make_trainer(MODEL, VOCAB, 0, Optimizer(), mesh, jnp.dtype("bfloat16"), pieces=PIECES)
    program = lowered_step(trainer, B, T).compile()
    text = program.as_text()
    assert text
    return Pod(trainer, program, text)


def test_parameters_and_moments_lie_as_the_table_says(pod: Pod) -> None:
    """embed over fsdp; vocabulary, heads and feed-forward over tensor; the rest whole. Coming in and going out, so
    that the old state's memory serves the new."""
    parts = {
        "embedding_VxD": (VOCAB // 2, 256 // 2),
        "query_DxHxK": (3, 256 // 2, 2 // 2, 128),
        "key_DxGxK": (3, 256 // 2, 2 // 2, 128),
        "value_DxGxK": (3, 256 // 2, 2 // 2, 128),
        "out_HxKxD": (3, 2 // 2, 128, 256 // 2),
        "gate_DxF": (3, 256 // 2, 384 // 2),
        "up_DxF": (3, 256 // 2, 384 // 2),
        "down_FxD": (3, 384 // 2, 256 // 2),
        "scale_D": (256 // 2,),
    }
    state = jax.eval_shape(pod.trainer.init, jax.random.key(0))
    for shardings in (pod.program.input_shardings[0][0], pod.program.output_shardings[0]):
        for tree, laid_out in ((state.params, shardings.params), (state.optimizer, shardings.optimizer)):
            leaves = jax.tree_util.tree_leaves_with_path(tree)
            for (path, leaf), sharding in zip(leaves, jax.tree.leaves(laid_out), strict=True):
                name = next((name for name in parts if name in jax.tree_util.keystr(path)), None)
                if name is not None:  # and not a count of the optimizer
                    part = sharding.shard_shape(leaf.shape)
                    assert part[-len(parts[name]) :] == parts[name], path


def test_memory_is_a_quarter_of_the_state_and_the_batch(pod: Pod) -> None:
    """AdamW has two moments of every parameter, in float32."""
    memory = pod.program.memory_analysis()
    assert memory is not None
    state = 3 * 4 * sum(MODEL.parameters(VOCAB).values()) / 4
    norms = 3 * 4 * 256 * (MODEL.layers + 1) / 4  # which are divided by two axes' sizes at most
    rows = B / 2 * (4 * (T + 1) + T)
    assert state <= memory.argument_size_in_bytes < 1.02 * (state + norms + rows)
    assert memory.alias_size_in_bytes >= state  # donated


def dimensions(text: str) -> set[tuple[int, ...]]:
    """The shapes of all arrays of a program, as one device has them."""
    return {tuple(map(int, shape.split(","))) for shape in re.findall(r"(?:bf16|f32)\[([\d,]+)\]", text)}


def test_activations_are_divided_over_rows_heads_and_feed_forward(pod: Pod) -> None:
    """No device has an array with the whole feed-forward, both heads of a layer's positions, or all rows' hidden
    states; each has those of its own rows."""
    shapes = dimensions(pod.text)
    mine, all_rows = B // PIECES // 2 * T, B // PIECES * T
    assert (mine, 256) in shapes
    assert any({mine, 384 // 2} <= set(shape) for shape in shapes)
    assert not any(384 in shape for shape in shapes)
    assert not any({all_rows, 256} <= set(shape) for shape in shapes)


def test_no_device_ever_has_the_whole_embedding_or_its_gradient(pod: Pod) -> None:
    """Nor its logits for all of the vocabulary: each makes those of a quarter."""
    shapes = dimensions(pod.text)
    assert not any(VOCAB in shape for shape in shapes)
    assert not any({VOCAB // 2, 256} <= set(shape) for shape in shapes)
    assert (VOCAB // 4, 256) in shapes


def test_what_is_sent_is_weights_and_hidden_states(pod: Pod) -> None:
    """In every piece a layer's weights are gathered for the forward pass, for computing it again and for the backward
    pass, and their gradients are scattered; hidden states go round for tensor parallelism and the loss, and the
    embedding and its gradient change places once. In bfloat16, but for that gradient."""
    sent = collectives_of(pod.text)
    parts = MODEL.parameters(VOCAB)
    weights = 2 * (parts["attention"] + parts["feed_forward"]) / 2
    hidden = 2 * (B // PIECES // 2) * T * MODEL.width
    embedding = (2 + 4) * VOCAB * MODEL.width / 4
    most = PIECES * (4 * weights + (4 * MODEL.layers + 6) * hidden + embedding)
    assert most / 4 < sum(found.bytes for found in sent.values()) < most


def test_a_mesh_across_the_torus_is_told() -> None:
    with pytest.raises(UserError, match=r"Hardware.mesh .* cuts across the sides of the 64 chips' torus; give axes"):
        make_mesh({"data": -1, "fsdp": 8}, topology_devices("v5p:4x4x4"))


def test_a_topology_that_is_none_is_told() -> None:
    with pytest.raises(UserError, match=r"Hardware.topology 'v5e:3x5' cannot be compiled for: libtpu knows no such"):
        topology_devices("v5e:3x5")


@pytest.mark.slow  # each takes the compiler a minute or two
@pytest.mark.parametrize("hardware", ["v5e_16", "v5e_256", "v5p_64"])
@pytest.mark.parametrize("scale", ["paper_470m", "paper_2b8"])
def test_paper_scale_fits(scale: str, hardware: str, tmp_path: Path) -> None:
    """What gin/README.md says: with the hardware's file included after the setting."""
    study = tmp_path / "study.gin"
    files = ("questions/proportion", f"settings/{scale}", f"hardware/{hardware}")
    study.write_text("\n".join(f"include 'gin/{file}.gin'" for file in files) + "\nStudy.name = 'fits'\n")
    plan = Request(study, (), tmp_path).plan()[0]
    compiled = compile_study(plan)
    assert compiled.devices == plan.study.hardware.chips
    assert compiled.bytes < plan.study.hardware.memory
    states = 12 * sum(plan.study.scale.model.parameters(plan.vocab_size).values())
    assert compiled.parameters + compiled.optimizer == pytest.approx(states / 16, rel=0.01)
