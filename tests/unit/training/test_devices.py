"""One code path from one device to many: the same batches and losses, the parameters laid out as the table says."""

import json
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.sharding import PartitionSpec

from codemix.errors import UserError
from codemix.model.partitioning import make_mesh, spec

TRAINED_ON_MESHES = """
import json, os, sys
from pathlib import Path
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"
os.environ["JAX_PLATFORMS"] = "cpu"
sys.path.insert(0, sys.argv[1])
import jax
jax.config.update("jax_disable_most_optimizations", True)
import dataclasses
import codemix.training.loop as loop
from tiny_training import HARDWARE, make_job
from codemix.model import partitioning
from codemix.training.job import METRICS, phase_folder
from codemix.training.resume import final_state

home, stores = Path(sys.argv[2]), {name: Path(sys.argv[3]) / name for name in ("code", "text")}
devices = jax.devices()
result = {}
for name, shape in json.loads(sys.argv[4]).items():
    count = 1
    for size in shape.values():
        count *= size
    jax.device_count = lambda: count  # the first of the eight
    job = make_job(stores, key=name, last_step=4, rates=make_job(stores).rates[:4])
    job = dataclasses.replace(job, index=type(job.index)([dataclasses.replace(job.index.segments[0], rows=32)]))
    loop.train(job, home, dataclasses.replace(HARDWARE, mesh=shape))
    trainer = loop.open_trainer(job, {s: loop.TokenStore(p) for s, p in stores.items()},
                                dataclasses.replace(HARDWARE, mesh=shape))
    state = final_state(job, home, trainer)
    result[name] = {
        "losses": [json.loads(line)["loss"] for line in open(phase_folder(home, name) / METRICS)],
        "consumed": json.loads((phase_folder(home, name) / "phase.json").read_text())["consumed_rows"],
        "parts": {
            jax.tree_util.keystr(path): [list(leaf.shape), list(leaf.sharding.shard_shape(leaf.shape))]
            for path, leaf in jax.tree_util.tree_leaves_with_path(state.params)
        },
    }
result["imported"] = [name for name in ("tensorflow", "seqio", "apache_beam") if name in sys.modules]
print(json.dumps(result))
"""

MESHES = {
    "one": {"data": 1},
    "data2": {"data": 2},
    "data4": {"data": 4},
    "data8": {"data": 8},
    "all": {"data": 2, "fsdp": 2, "tensor": 2},
}


@pytest.fixture(scope="module")
def trained_on_meshes(stores: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Four steps on every mesh, in a process with eight devices of the host platform."""
    arguments = [str(Path(__file__).parent), str(tmp_path_factory.mktemp("home")), str(stores["text"].parent)]
    process = subprocess.run(
        [sys.executable, "-c", TRAINED_ON_MESHES, *arguments, json.dumps(MESHES)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout.splitlines()[-1])


@pytest.mark.parametrize("mesh", [name for name in MESHES if name != "one"])
def test_every_mesh_gives_the_same_losses(trained_on_meshes: dict, mesh: str) -> None:
    np.testing.assert_allclose(trained_on_meshes[mesh]["losses"], trained_on_meshes["one"]["losses"], rtol=2e-5)
    assert trained_on_meshes[mesh]["consumed"] == {"code": 16, "text": 16}


def test_parameters_lie_as_the_table_says(trained_on_meshes: dict) -> None:
    """embed over fsdp; vocabulary, heads and feed-forward over tensor; layers and head channels whole."""
    divided = {"layers": 1, "head": 1, "embed": 2, "vocab": 2, "heads": 2, "feed_forward": 2}
    axes = {
        "embedding_VxD": ("vocab", "embed"),
        "query_DxHxK": ("layers", "embed", "heads", "head"),
        "key_DxGxK": ("layers", "embed", "heads", "head"),
        "value_DxGxK": ("layers", "embed", "heads", "head"),
        "out_HxKxD": ("layers", "heads", "head", "embed"),
        "gate_DxF": ("layers", "embed", "feed_forward"),
        "up_DxF": ("layers", "embed", "feed_forward"),
        "down_FxD": ("layers", "feed_forward", "embed"),
        "scale_D": ("embed",),
    }
    parts = trained_on_meshes["all"]["parts"]
    assert len(parts) == 10
    for path, (shape, part) in parts.items():
        names = next(names for name, names in axes.items() if name in path)
        names = names if len(names) == len(shape) else ("layers", *names)
        assert part == [size // divided[name] for size, name in zip(shape, names, strict=True)], path


def test_data_parallelism_keeps_the_parameters_whole(trained_on_meshes: dict) -> None:
    assert all(shape == part for shape, part in trained_on_meshes["data8"]["parts"].values())


def test_training_imports_no_tensorflow(trained_on_meshes: dict) -> None:
    """The process that trained holds none of tensorflow, seqio and apache_beam."""
    assert trained_on_meshes["imported"] == []


def test_rows_are_divided_over_data_and_fsdp() -> None:
    assert spec("rows", None) == PartitionSpec(("data", "fsdp"), None)


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ({"data": 3, "fsdp": -1, "tensor": -1}, "give sizes ≥ 1, and -1 for one axis at most"),
        ({"data": 0}, "give sizes ≥ 1"),
        ({"data": 1000}, f"does not fit {jax.device_count()} devices; change a size or give -1 for one"),
        ({"date": 1}, "names the axis 'date'; the axes are data, fsdp, tensor"),
    ],
)
def test_a_mesh_that_cannot_be_is_told(shape: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=f"Hardware.mesh.*{sentence}"):
        make_mesh(shape)
