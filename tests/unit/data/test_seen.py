import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codemix.data.seen import Seen


@given(st.lists(st.lists(st.integers(0, 30), max_size=20), max_size=12))
def test_only_the_first_of_equal_digests_is_new(batches: list[list[int]]):
    seen, known = Seen(), set()
    for batch in batches:
        digests = np.array([number.to_bytes(16, "big") for number in batch], dtype="S16")
        expected = []
        for number in batch:
            expected.append(number not in known)
            known.add(number)
        assert seen.add(digests).tolist() == expected


def test_many_batches_stay_few_arrays():
    seen, random = Seen(), np.random.default_rng(0)
    for _ in range(500):
        assert seen.add(np.frombuffer(random.bytes(16 * 40), dtype="S16")).all()
    assert len(seen._arrays) < 12
