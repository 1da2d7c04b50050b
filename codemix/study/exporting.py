"""A checkpoint of a study as a folder of Hugging Face's `CohereForCausalLM`, with its tokenizer and a model card."""

from importlib import metadata
from pathlib import Path

from flax import nnx

from codemix.data.tokenizer_loading import load_tokenizer
from codemix.errors import UserError
from codemix.interchange.card import Card, Read, Score, Trained
from codemix.interchange.folder import write_folder
from codemix.interchange.weight_files import SHARD_BYTES, Dtype
from codemix.model.partitioning import make_mesh
from codemix.store.paths import local_copy
from codemix.store.token_store import TokenStore
from codemix.study.folder import study_folder
from codemix.study.plan import Plan, Run
from codemix.study.run import is_finished
from codemix.training.weights import saved_model, saved_weights

_VERSIONS_OF = ("codemix", "jax", "flax")


def export(
    plan: Plan,
    operative_gin: str,
    run: Run,
    key: str,
    step: int | None,
    folder: Path,
    dtype: Dtype = "float32",
    shard_bytes: int = SHARD_BYTES,
) -> int:
    """Writes what a phase saved, laid out on whatever devices are here.

    Args:
        plan: of the study, whose token stores are there.
        operative_gin: its bindings, which go along.
        run: an arm at a seed that goes through the phase.
        key: of the phase.
        step: counted from the start of the arm; None for the newest whole checkpoint.
        folder: absent or empty.
        dtype: of the weights.
        shard_bytes: of the largest file of weights.

    Returns:
        The step.

    Raises:
        UserError: a checkpoint or a token store that is missing or damaged; a folder that has something in it.
    """
    store = TokenStore(plan.stores[plan.phases[key].job.index.sources[0]])
    corpora = plan.study.corpora
    path = local_copy(corpora.tokenizer_path(plan.data))
    vocab_size = load_tokenizer(path, corpora.tokenizer_eos()).vocab_size
    found = saved_model(plan.home, key, step)
    _, params = saved_weights(found, store.vocab_size, store.eos, make_mesh({"fsdp": -1}), "float32")
    card = _card(plan, run, key, found.step, store)
    write_folder(
        folder,
        found.config,
        {".".join(map(str, path)): variable[...] for path, variable in nnx.to_flat_state(params)},
        vocab_size,
        store.eos,
        path,
        {"README.md": card.text(path.suffix == ".model"), "study.gin": operative_gin},
        dtype,
        shard_bytes,
    )
    return found.step


def phase_to_export(plan: Plan, phase: str | None, arm: str | None, seed: int | None) -> tuple[Run, str]:
    """The run, and the key of its phase: the one named, or the last of an arm at a seed, by default the first seed.

    Raises UserError for one that the study does not have.
    """
    if phase is not None:
        for run in plan.runs:
            if phase in run.phases:
                return run, phase
        raise UserError(f"--phase {phase}: the study has no such phase; `codemix plan` prints the keys.")
    if arm not in plan.study.arms:
        raise UserError(f"--arm {arm}: the study has {', '.join(plan.study.arms)}; name one of them, or a --phase.")
    seed = plan.study.seeds[0] if seed is None else seed
    for run in plan.runs:
        if (run.arm, run.seed) == (arm, seed):
            return run, run.phases[-1]
    raise UserError(f"--seed {seed}: the study has {', '.join(map(str, plan.study.seeds))}; give one of them.")


def _card(plan: Plan, run: Run, key: str, step: int, store: TokenStore) -> Card:
    study, job = plan.study, plan.phases[key].job
    passed = [plan.phases[each] for each in run.phases[: run.phases.index(key) + 1]]
    trained = [
        Trained(phase.name, phase.key, phase.mixture, steps, steps * job.tokens_per_step)
        for phase in passed
        if (steps := min(step, phase.job.last_step) - phase.job.first_step) >= 0
    ]
    return Card(
        study=study.name,
        question=study.title,
        arm=run.arm,
        seed=run.seed,
        phase=key,
        step=step,
        steps=plan.phases[run.phases[-1]].job.last_step,
        tokens=step * job.tokens_per_step,
        parameters=sum(job.model.parameters(store.vocab_size).values()),
        eos=store.eos,
        tokenizer=store.manifest["tokenizer"]["fingerprint"],
        start=study.arms[run.arm].start,
        trained=trained,
        read=_read(plan, run, key, step),
        scores=_scores(plan, run.arm) if (key, step) == (run.phases[-1], job.last_step) else [],
        versions={name: metadata.version(name) for name in _VERSIONS_OF},
    )


def _read(plan: Plan, run: Run, key: str, step: int) -> list[Read]:
    job = plan.phases[key].job
    available = {entry.source: entry.available_rows for entry in plan.ledgers[run.arm]}
    read = []
    for source, rows in job.index.counts(step * job.batch_rows).items():
        there = available[source]
        read.append(
            Read(
                source=source,
                family=plan.study.corpora.source(source).family,
                tokens=rows * job.model.context,
                unique_tokens=None if there is None else min(rows, there) * job.model.context,
                epochs=None if there is None else rows / there,
                store=plan.stores[source].name,
                fingerprint=TokenStore(plan.stores[source]).manifest["fingerprint"],
            )
        )
    return read


def _scores(plan: Plan, arm: str) -> list[Score]:
    """The arm's bits per byte, source by source and over all, where the study is finished."""
    if len(plan.study.arms) < 2 or not is_finished(plan):
        return []
    from codemix.reporting.comparison import compare
    from codemix.reporting.results import load

    compared = compare(load(study_folder(plan), plan.home))
    of_control = arm == plan.study.control
    rows = compared if of_control else compared[compared["arm"] == arm]
    prefix = "control_bpb" if of_control else "bpb"
    return [
        Score(
            source=row["source"],
            bits_per_byte=float(row[prefix]),
            low=float(row[f"{prefix}_low"]),
            high=float(row[f"{prefix}_high"]),
            documents=int(row["documents"]),
            clusters=int(row["clusters"]),
            seeds=int(row["seeds"]),
        )
        for row in rows.drop_duplicates("source").to_dict("records")
    ]
