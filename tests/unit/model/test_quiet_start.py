"""On a machine without TPUs libtpu, which is there to compile with, is not heard."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

_TELLS_DEVICES = """
from codemix.model.partitioning import make_mesh
print(make_mesh({"data": -1}).devices.flat[0].platform)
"""


@pytest.mark.skipif(find_spec("libtpu") is None, reason="needs pip install 'codemix[tpu]'")
def test_libtpu_says_nothing_where_there_is_no_tpu() -> None:
    """Nor where JAX is left to find out for itself what there is."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "TPU_"))}
    ran = subprocess.run(
        [sys.executable, "-c", _TELLS_DEVICES], capture_output=True, text=True, check=True, env=environment
    )
    if ran.stdout.strip() == "tpu":
        pytest.skip("this machine has TPUs")
    assert ran.stderr == ""
