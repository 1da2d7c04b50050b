"""`import codemix` takes nothing along, and no part of the API TensorFlow."""

import subprocess
import sys

import pytest

import codemix


def loaded(program: str) -> set[str]:
    """The packages that a fresh interpreter has after a program."""
    said = "; import sys; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", program + said], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_it_loads_nothing_heavy() -> None:
    assert not loaded("import codemix") & {"jax", "numpy", "pandas", "gin", "matplotlib", "tensorflow"}


def test_a_plan_needs_no_jax() -> None:
    program = "import codemix; codemix.load_study('gin/studies/quickstart.gin', home='nowhere').ledger"
    assert not loaded(program) & {"jax", "matplotlib", "tensorflow", "seqio"}


def test_all_of_it_needs_no_tensorflow() -> None:
    modules = "arms, attention, checkpoint, figures, study, tokens, weights"
    assert not loaded(f"from codemix.api import {modules}") & {"tensorflow", "seqio", "torch"}


def test_names_are_there_when_they_are_asked_for() -> None:
    assert {"load_study", "open_checkpoint", "StudyView", "Checkpoint"} <= {*dir(codemix)}
    assert codemix.load_study.__doc__
    assert codemix.Checkpoint.__module__ == "codemix.api.checkpoint"
    with pytest.raises(AttributeError, match="no attribute 'load_studies'"):
        codemix.load_studies  # noqa: B018
