"""A folder of Hugging Face's `CohereForCausalLM` as a finished phase of no steps, from which arms start."""

import dataclasses
import hashlib
from pathlib import Path

import jax
import jax.numpy as jnp
from flax import nnx

from codemix.data.tokenizer_loading import load_tokenizer
from codemix.errors import UserError
from codemix.interchange.cohere import weights_of
from codemix.interchange.folder import CONFIG, PretrainedFolder
from codemix.interchange.tokenizer_files import check_tokenizer
from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.store.atomic import write_json
from codemix.store.fingerprint import fingerprint
from codemix.store.lock import exclusive
from codemix.study.plan import Plan
from codemix.study.starts import FITS, tokenizer_file, what_fits
from codemix.training.checkpoint import CheckpointWriter, Saved
from codemix.training.job import DONE, LEASE, Job, is_done, phase_folder
from codemix.training.step import TrainState, make_trainer

# of a shape that must be the study's -> their name for it
_THEIR_NAMES = {
    "layers": "num_hidden_layers",
    "width": "hidden_size",
    "heads": "num_attention_heads",
    "groups": "num_key_value_heads",
    "feed_forward": "intermediate_size",
    "rotary_base": "rope_theta",
    "norm_epsilon": "layer_norm_eps",
    "logit_scale": "logit_scale",
}
_OUR_NAMES = {"groups": "kv_heads"}


@dataclasses.dataclass(frozen=True)
class Imported:
    """What an import made.

    Attributes:
        key: for `Arm.start`.
        trimmed: entries of the embedding that the tokenizer has no token for, and that were left out.
    """

    key: str
    trimmed: int


def import_folder(plan: Plan, folder: Path) -> Imported:
    """Reads a folder that `codemix export` or transformers' save_pretrained wrote into the study's home. The optimizer
    begins anew. What was imported before is left alone.

    Raises:
        UserError: a model whose shape or tokenizer is not the study's, or a folder that is not whole.
    """
    pretrained = PretrainedFolder(folder)
    _check_shape(plan.study.scale.model, pretrained.model, folder / CONFIG)
    path = tokenizer_file(plan)
    if not path.exists():
        raise UserError(
            f"{path}: the study's tokenizer is not there yet; run `codemix prepare`, or give it the folder's with "
            "Corpora.tokenizer = @TokenizerFile()."
        )
    check_tokenizer(path, folder)
    tokenizer = load_tokenizer(path, plan.study.corpora.tokenizer_eos())
    if pretrained.vocab_size < tokenizer.vocab_size:
        raise UserError(
            f"{folder / CONFIG}: vocab_size is {pretrained.vocab_size}, and the study's tokenizer has "
            f"{tokenizer.vocab_size} tokens; give the tokenizer that the model was trained with."
        )
    fits = what_fits(plan)
    key = fingerprint([fits, _digests(pretrained, tokenizer.vocab_size)])
    with exclusive(phase_folder(plan.home, key) / LEASE):
        if not is_done(plan.home, key):
            _write(plan, pretrained, key, tokenizer.vocab_size, tokenizer.eos)
            write_json(
                phase_folder(plan.home, key) / DONE,
                {"key": key, "parent": None, "label": f"imported from {folder.name}", "first_step": 0, "last_step": 0,
                 "tokens": 0, "consumed_rows": {}, FITS: fits},
            )  # fmt: skip
    return Imported(key, pretrained.vocab_size - tokenizer.vocab_size)


def _check_shape(ours: Model, theirs: Model, config: Path) -> None:
    for name, in_config in _THEIR_NAMES.items():
        if getattr(ours, name) != getattr(theirs, name):
            raise UserError(
                f"Model.{_OUR_NAMES.get(name, name)} is {getattr(ours, name)}, and {config} has {in_config} "
                f"{getattr(theirs, name)}; give the study the model's shape."
            )
    if ours.context > theirs.context:
        raise UserError(
            f"Model.context is {ours.context}, and {config} has max_position_embeddings {theirs.context}; lower it."
        )


def _digests(pretrained: PretrainedFolder, vocab_size: int) -> dict[str, str]:
    """parameter -> SHA-256 of its float32 values."""
    return {
        name: hashlib.sha256(pretrained.parameter(name, vocab_size).data).hexdigest()
        for name in dict.fromkeys(weight.parameter for weight in weights_of(pretrained.model, vocab_size))
    }


def _write(plan: Plan, pretrained: PretrainedFolder, key: str, vocab_size: int, eos: int) -> None:
    """A checkpoint of step 0: the parameters, and an optimizer that has seen nothing."""
    study = plan.study
    mesh = make_mesh(study.hardware.mesh)
    job: Job = plan.phases[plan.runs[0].phases[0]].job
    job = dataclasses.replace(job, key=key, parent=None, first_step=0, last_step=0)
    trainer = make_trainer(
        job.model, vocab_size, eos, job.optimizer, mesh, jnp.dtype(study.hardware.compute), job.divergence
    )
    state: TrainState = trainer.init(jax.random.key(0))
    parameters = {
        path: variable.replace(
            jax.device_put(pretrained.parameter(".".join(map(str, path)), vocab_size), variable[...].sharding)
        )
        for path, variable in nnx.to_flat_state(state.params)
    }
    writer = CheckpointWriter(plan.home, job, study.hardware)
    try:
        writer.save(Saved(state._replace(params=nnx.from_flat_state(parameters)), 0, {}, []))
        writer.finish()
    finally:
        writer.close()
