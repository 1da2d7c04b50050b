"""What was compiled is kept in the home, used by the next process, and computes the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMPILES = """
import json, sys
from pathlib import Path
import jax, jax.numpy as jnp, numpy as np
from codemix.training.compilation_cache import keep_compiled
keep_compiled(Path(sys.argv[1]))
events = []
jax.monitoring.register_event_listener(lambda event, **_: events.append(event))
program = jax.jit(lambda x: jnp.linalg.norm(jax.nn.softmax(x @ x.T) @ x, axis=1))
result = program(np.random.default_rng(0).normal(size=(64, 32)).astype(np.float32))
found = sum(event.endswith("cache_hits") for event in events)
print(json.dumps([found, np.asarray(result).tobytes().hex()]))
"""


def compile_in(home: Path, **environment: str) -> tuple[int, str]:
    """Of a process of its own: how many programs it found compiled, and the bits that they computed."""
    inherited = {name: value for name, value in os.environ.items() if "COMPILATION_CACHE" not in name}
    ended = subprocess.run(
        [sys.executable, "-c", COMPILES, str(home)],
        env={**inherited, "JAX_PLATFORMS": "cpu", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not ended.stderr, ended.stderr
    return tuple(json.loads(ended.stdout))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home in which a process has compiled, and what that computed."""
    home = tmp_path_factory.mktemp("home")
    found, bits = compile_in(home)
    assert found == 0
    return home, bits


def test_the_next_process_compiles_nothing_and_computes_the_same_bits(compiled: tuple[Path, str]) -> None:
    home, bits = compiled
    programs = sorted((home / "compiled").glob("*-cache"))
    found, again = compile_in(home)
    assert found > 0
    assert again == bits
    assert sorted((home / "compiled").glob("*-cache")) == programs


def test_a_processor_of_other_instructions_has_programs_of_its_own(compiled: tuple[Path, str]) -> None:
    """One that has no AVX-512, say: what was compiled with it would end its process."""
    home, _ = compiled
    found, _ = compile_in(home, XLA_FLAGS="--xla_cpu_max_isa=SSE4_2")
    assert found == 0


def test_what_a_killed_process_was_writing_is_written_anew(compiled: tuple[Path, str], tmp_path: Path) -> None:
    """A program that is cut short and was never used: compiled again, without a word, and found the next time."""
    _, bits = compiled
    compile_in(tmp_path)
    for program in (tmp_path / "compiled").glob("*-cache"):
        program.write_bytes(program.read_bytes()[:100])
        program.with_name(program.name.replace("-cache", "-atime")).unlink()
    assert compile_in(tmp_path) == (0, bits)
    assert compile_in(tmp_path)[0] > 0


def test_the_folder_that_the_environment_names_is_used_instead(tmp_path: Path) -> None:
    compile_in(tmp_path / "home", JAX_COMPILATION_CACHE_DIR=str(tmp_path / "elsewhere"))
    assert not (tmp_path / "home").exists()
    assert any((tmp_path / "elsewhere").iterdir())
