"""The parameters of a checkpoint without the rest of its state: for whoever trains no further."""

import dataclasses
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
from flax import nnx
from jax.sharding import Mesh

from codemix.errors import UserError
from codemix.model.config import Model
from codemix.model.kernels import attention_on
from codemix.model.partitioning import state_shardings
from codemix.model.transformer import Transformer
from codemix.store.paths import is_local
from codemix.training.manifest import damage
from codemix.training.saved import checkpoints_folder

_STEP = "step_"


@dataclasses.dataclass(frozen=True)
class SavedModel:
    """A checkpoint that was found whole.

    Attributes:
        folder: of the checkpoint, on a disk of this machine.
        step: counted from the start of the arm.
        config: the model's shape, as the checkpoint records it.
    """

    folder: Path
    step: int
    config: Model


def saved_model(home: Path, key: str, step: int | None = None) -> SavedModel:
    """What a phase saved at `step`; by default the newest checkpoint that is whole. Changes nothing in the home.

    Raises:
        UserError: there is no such checkpoint, or it is damaged.
    """
    folder = checkpoints_folder(home, key)
    names = [path.name for path in folder.iterdir()] if folder.exists() else []
    steps = sorted(int(name.removeprefix(_STEP)) for name in names if name.removeprefix(_STEP).isdigit())
    if step is not None and step not in steps:
        there = f"there are {', '.join(map(str, steps))}" if steps else "there is none"
        raise UserError(f"{folder}: no checkpoint of step {step}; {there}; `codemix train STUDY --phase {key}` trains.")
    told = "there is none"
    for candidate in [step] if step is not None else reversed(steps):
        path = _on_disk(folder / f"{_STEP}{candidate}")
        wrong = damage(path)
        if wrong is None:
            with _checkpointer() as checkpointer:
                about = checkpointer.restore(
                    path.absolute(), args=ocp.args.Composite(about=ocp.args.JsonRestore())
                ).about
            return SavedModel(path, candidate, Model(**about["model"]))
        told = f"that of step {candidate} is damaged ({wrong})"
    raise UserError(f"{folder}: no checkpoint is whole: {told}; `codemix train STUDY --phase {key}` trains.")


def saved_weights(
    found: SavedModel, vocab_size: int, eos: int, mesh: Mesh, compute: str
) -> tuple[nnx.GraphDef, nnx.State]:
    """The model's graph, and its parameters as they were saved, float32, laid out on `mesh`.

    Raises:
        UserError: the checkpoint is of another vocabulary, or does not divide over the mesh.
    """
    graph, abstract, shardings = _laid_out(found.config, vocab_size, eos, mesh, compute)
    target = jax.tree.map(
        lambda leaf, sharding: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), abstract, shardings
    )
    wanted, path = {"params": target}, found.folder.absolute()
    state = ocp.args.PyTreeRestore(
        item=wanted, restore_args=ocp.checkpoint_utils.construct_restore_args(wanted), partial_restore=True
    )
    with _checkpointer() as checkpointer:
        described = checkpointer.metadata(path).item_metadata["state"].tree
        saved = described["params"]["embedding_VxD"]["value"].shape[0]
        if saved != vocab_size:
            raise UserError(
                f"{found.folder}: the model has {saved} tokens, and the token stores {vocab_size}; give the data that "
                "it was trained on."
            )
        return graph, checkpointer.restore(path, args=ocp.args.Composite(state=state)).state["params"]


def fresh_weights(
    config: Model, vocab_size: int, eos: int, mesh: Mesh, compute: str, seed: int
) -> tuple[nnx.GraphDef, nnx.State]:
    """The model's graph, and the parameters that a run of this seed begins with, laid out on `mesh`.

    Raises UserError where they do not divide over it.
    """
    graph, _, shardings = _laid_out(config, vocab_size, eos, mesh, compute)

    def init(key: jax.Array) -> nnx.State:
        return nnx.state(_model(config, vocab_size, eos, mesh, compute, key), nnx.Param)

    return graph, jax.jit(init, out_shardings=shardings)(jax.random.key(seed))


def _checkpointer() -> ocp.Checkpointer:
    return ocp.Checkpointer(
        ocp.CompositeCheckpointHandler(state=ocp.PyTreeCheckpointHandler(), about=ocp.JsonCheckpointHandler())
    )


def _laid_out(
    config: Model, vocab_size: int, eos: int, mesh: Mesh, compute: str
) -> tuple[nnx.GraphDef, nnx.State, nnx.State]:
    """The model's graph, its parameters' shapes, and their shardings. Raises UserError where they do not divide."""
    model = nnx.eval_shape(lambda key: _model(config, vocab_size, eos, mesh, compute, key), jax.random.key(0))
    abstract = nnx.state(model, nnx.Param)
    shardings = state_shardings(abstract, mesh)
    try:
        jax.tree.map(lambda leaf, sharding: sharding.shard_shape(leaf.shape), abstract, shardings)
    except ValueError as error:
        sizes = ", ".join(f"{axis} {size}" for axis, size in mesh.shape.items())
        raise UserError(f"the model's parameters do not divide over the mesh {sizes}; give another mesh.") from error
    return nnx.graphdef(model), abstract, shardings


def _model(config: Model, vocab_size: int, eos: int, mesh: Mesh, compute: str, key: jax.Array) -> Transformer:
    return Transformer(config, vocab_size, eos, jnp.dtype(compute), nnx.Rngs(key), attention_on(mesh))


def _on_disk(folder: Path) -> Path:
    """The folder itself, or a copy of it where it lies in a bucket: checkpoints never change."""
    if is_local(folder):
        return folder
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    copy = Path(tempfile.gettempdir()) / f"codemix-{os.getuid()}" / name / folder.name
    if copy.exists() and damage(copy) is None:
        return copy
    shutil.rmtree(copy, ignore_errors=True)
    copy.parent.mkdir(parents=True, exist_ok=True)
    folder.fs.get(folder.path, str(copy), recursive=True)  # type: ignore[attr-defined]
    return copy
