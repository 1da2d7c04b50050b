import pickle
import subprocess
import sys
from typing import Any

import pytest

from codemix.data.near_duplicates.bands import optimal_bands
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.errors import UserError


def test_the_defaults_are_bigcodes() -> None:
    spec = NearDuplicates(("code",))
    assert (spec.shingle, spec.permutations, spec.threshold, spec.minimum_tokens) == (5, 256, 0.7, 5)
    assert spec.bands_and_rows() == (25, 10)


def test_bands_are_those_of_datasketch() -> None:
    lsh = pytest.importorskip("datasketch.lsh", reason="datasketch is of the extra bench")
    for threshold in (0.5, 0.7, 0.75, 0.85):
        for permutations in (64, 112, 128, 250):
            assert optimal_bands(threshold, permutations) == lsh._optimal_param(threshold, permutations, 0.5, 0.5)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"sources": ()}, "sources is empty"),
        ({"sources": ("a", "b", "a")}, "names 'a' twice"),
        ({"shingle": 0}, "shingle is 0"),
        ({"permutations": 1}, "permutations is 1"),
        ({"minimum_tokens": -1}, "minimum_tokens is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"threshold": 0.0}, "threshold is 0.0"),
        ({"threshold": 1.0}, "threshold is 1.0"),
        ({"bands": 25}, "rows is not given"),
        ({"rows": 10}, "bands is not given"),
        ({"bands": 26, "rows": 10}, "26 × 10"),
        ({"bands": -1, "rows": -1}, "-1 × -1"),
        ({"prefer": "newest"}, "prefer is 'newest'"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told) as error:
        NearDuplicates(**{"sources": ("code",), **fields})
    assert str(error.value).startswith("NearDuplicates.")
    assert "; " in str(error.value)
    assert str(error.value).endswith(".")


def test_keys_hold_what_alters_the_result() -> None:
    spec = NearDuplicates(("a", "b"))
    for field in ({"shingle": 6}, {"permutations": 300}, {"threshold": 0.8}, {"minimum_tokens": 9}, {"seed": 2}):
        other = NearDuplicates(("a", "b"), **field)  # type: ignore[arg-type]
        assert spec.signatures_key() != other.signatures_key()
        assert spec.key() != other.key()
    for other in (NearDuplicates(("b", "a")), NearDuplicates(("a", "b"), prefer="longest")):
        assert spec.signatures_key() == other.signatures_key(), "files are signed once for any preference"
        assert spec.key() != other.key()
    assert NearDuplicates(("a", "b"), bands=25, rows=10).key() == spec.key()


def test_declaring_and_sending_to_workers_does_not_load_numba() -> None:
    program = (
        "import pickle, sys\n"
        "from codemix.data.near_duplicates.clusters import resolve\n"
        "from codemix.data.near_duplicates.config import NearDuplicates\n"
        "from codemix.data.near_duplicates.signatures import sign_file\n"
        "NearDuplicates(('code',)).bands_and_rows()\n"
        "sys.stdout.buffer.write(pickle.dumps((sign_file, resolve, NearDuplicates(['code']))))\n"
        "assert not {'numba', 'scipy', 'tensorflow'} & set(sys.modules)\n"
    )
    sent = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout
    assert pickle.loads(sent)[2] == NearDuplicates(("code",))
