"""A model that was trained: found by its study or its phase's key, here or in a bucket, and what can be asked of it."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd
from flax import nnx
from jax.sharding import Mesh

from codemix.data.inventory import StoredDocument, sample_documents
from codemix.data.tokenizer import Tokenizer
from codemix.data.tokenizer_loading import load_tokenizer
from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import BitsPerByte
from codemix.evaluation.generation import Continuation, Sampling, generate
from codemix.evaluation.model import ScoredModel
from codemix.evaluation.scoring import score_documents
from codemix.model.config import MeshAxis, Model
from codemix.model.partitioning import make_mesh
from codemix.reporting.numbers import plural
from codemix.store.atomic import read_json
from codemix.store.paths import open_folder
from codemix.store.token_store import TokenStore
from codemix.training.job import Job
from codemix.training.weights import fresh_weights, saved_model, saved_weights

ALL_DEVICES: Mapping[MeshAxis, int] = {"fsdp": -1}  # each holds its part of the parameters


@dataclasses.dataclass(frozen=True, eq=False)
class Checkpoint:
    """Parameters, and what goes with them.

    Attributes:
        key: of the phase.
        label: for people: arms, phase and seed.
        step: counted from the start of the arm.
        config: the model's shape.
        graph, params: flax's graph of the `Transformer`, and its parameters: float32, laid out on `mesh`.
        stores: source -> token store, of all that the study trains on or evaluates.
        eos: the name of the end of document, where the study's tokenizer gives one.
    """

    key: str
    label: str
    step: int
    config: Model
    graph: nnx.GraphDef
    params: nnx.State
    mesh: Mesh
    stores: Mapping[str, TokenStore]
    eos: str | None = None

    def __repr__(self) -> str:
        count = sum(leaf.size for leaf in jax.tree.leaves(self.params))
        return f"{self.label}, step {self.step:,}: {count:,} parameters on {plural(self.mesh.size, 'device')}"

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """That of the token stores, whose end of document is that of the model."""
        store = next(iter(self.stores.values()))
        return load_tokenizer(store.path.parent.parent / store.manifest["tokenizer"]["path"], self.eos)

    def arrays(self) -> dict[str, jax.Array]:
        """name -> parameter, such as "blocks.attention.query_DxHxK"; those of the blocks begin with an axis of
        layers."""
        return {
            ".".join(map(str, path)): variable[...]
            for path, variable in sorted(nnx.to_flat_state(self.params), key=lambda named: str(named[0]))
        }

    def encode(self, text: str) -> np.ndarray:
        """Token ids, without the end of document."""
        return self.tokenizer.encode_batch([text])[0].astype(np.int32)

    def pieces(self, ids: Sequence[int] | np.ndarray) -> list[str]:
        """The text of each token."""
        return [self.tokenizer.decode([token]) for token in ids]

    @property
    def scored(self) -> ScoredModel:
        """The model as benchmarks are asked of it (`codemix.evaluation`)."""
        return ScoredModel(self.graph, self.params, self.mesh, self.tokenizer, f"{self.label}, step {self.step:,}")

    def documents(self, source: str, count: int = 10, split: str = "heldout") -> list[StoredDocument]:
        """Documents of a source as text, the same ones on every call, from all over the split."""
        return list(sample_documents(self.store(source), split, count, eos=self.eos))

    def store(self, source: str) -> TokenStore:
        """The token store of a source."""
        if source not in self.stores:
            raise UserError(f"there is no source '{source}' here; there are {', '.join(self.stores)}.")
        return self.stores[source]

    def scores(self, evaluation: BitsPerByte) -> pd.DataFrame:
        """Held-out documents, scored as the study's are: source, document, cluster, nll (nats), bytes, tokens."""
        stores = {source: self.store(source) for source in evaluation.sources}
        return score_documents(self.graph, self.params, self.mesh, stores, evaluation)

    def continuations(self, prompts: Sequence[str], sampling: Sampling) -> list[list[Continuation]]:
        """Of each prompt its `Sampling.samples` continuations."""
        ids = [self.encode(prompt).tolist() for prompt in prompts]
        rows = -(-len(ids) * sampling.samples // self.mesh.size) * self.mesh.size
        return generate(self.graph, self.params, self.mesh, ids, sampling, self.tokenizer.decode, min(rows, 32))


def open_checkpoint(
    home: str | Path,
    key: str,
    step: int | None = None,
    *,
    data: str | Path | None = None,
    eos: str | None = None,
    mesh: Mapping[MeshAxis, int] = ALL_DEVICES,
    compute: str = "float32",
) -> Checkpoint:
    """Opens what a phase saved.

    Args:
        home: of the study that has the phase, a folder or a bucket. From a bucket the checkpoint is copied first.
        key: of the phase, as `codemix plan` gives it.
        step: counted from the start of the arm; by default the newest that is whole.
        data: where documents, tokenizers and token stores are kept; by default the home.
        eos: the name of the end of document, where the study gives one (`TokenizerFile.eos`).
        mesh: of the devices here, on which the parameters are laid out.
        compute: what matrices multiply in, "float32" or "bfloat16".

    Raises:
        UserError: a phase that no study in the home has, a checkpoint that is missing or damaged.
    """
    folder = open_folder(home)
    record, phase = _planned(folder, key)
    tokens = open_folder(data or home) / "tokens"
    stores = {source: TokenStore(tokens / facts["store"]) for source, facts in record["sources"].items()}
    label = f"{' + '.join(phase['arms'])} · {phase['name']} · seed {phase['seed']}"
    return Home(folder, stores, eos, mesh, compute).at(key, step, label)


@dataclasses.dataclass(frozen=True)
class Home:
    """Where checkpoints lie, and what they need to be opened.

    Attributes:
        folder: the home, a folder or a bucket.
        stores, eos: as of `Checkpoint`.
        mesh, compute: as of `open_checkpoint`.
    """

    folder: Path
    stores: Mapping[str, TokenStore]
    eos: str | None = None
    mesh: Mapping[MeshAxis, int] = dataclasses.field(default_factory=lambda: ALL_DEVICES)
    compute: str = "float32"

    def at(self, key: str, step: int | None, label: str) -> Checkpoint:
        """What a phase saved at `step`, by default the newest. Raises UserError as `open_checkpoint`."""
        store, on = next(iter(self.stores.values())), make_mesh(self.mesh)
        found = saved_model(self.folder, key, step)
        graph, params = saved_weights(found, store.vocab_size, store.eos, on, self.compute)
        return Checkpoint(key, label, found.step, found.config, graph, params, on, self.stores, self.eos)

    def initial(self, job: Job) -> Checkpoint:
        """What the run of a first phase began with: the imported model that it starts from, or a fresh one."""
        if job.parent is not None:
            return self.at(job.parent, None, f"imported · {job.parent}")
        store, on = next(iter(self.stores.values())), make_mesh(self.mesh)
        graph, params = fresh_weights(job.model, store.vocab_size, store.eos, on, self.compute, job.seed)
        label = f"initialisation · seed {job.seed}"
        return Checkpoint(job.key, label, 0, job.model, graph, params, on, self.stores, self.eos)


def _planned(home: Path, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record of a study in `home` that has the phase, and the phase's own."""
    known: list[str] = []
    for path in sorted((home / "studies").glob("*/plan.json"), key=str):
        record = read_json(path)
        phases = {phase["key"]: phase for phase in record["phases"]}
        if key in phases:
            return record, phases[key]
        known += phases
    said = f"there are {', '.join(known[:4])}{', …' if len(known) > 4 else ''}" if known else "it has no study"
    raise UserError(f"{home}: no study there has a phase '{key}'; {said}; `codemix plan STUDY` names them.")
