"""The shape of the model: what cannot be built is told before it is."""

import dataclasses

import pytest

from codemix.errors import UserError
from codemix.model.config import Model

GOOD = Model(layers=2, width=64, heads=2, feed_forward=96, context=128, loss_chunk=32)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"layers": 0}, r"Model.layers is 0; give a whole number"),
        ({"context": -1}, r"Model.context is -1; give a whole number"),
        ({"heads": 3}, r"Model.width 64 does not divide into 3 heads of an even size; change Model.width or Model"),
        ({"width": 66, "heads": 22}, r"does not divide into 22 heads of an even size"),
        ({"loss_chunk": 48}, r"Model.loss_chunk 48 does not divide Model.context 128; give a divisor"),
        ({"remat": "some"}, r"Model.remat is 'some'; give 'none', 'dots' or 'full'"),
    ],
)
def test_a_shape_that_cannot_be_is_told_with_field_and_mend(change: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        dataclasses.replace(GOOD, **change)


def test_flops_of_a_matrix_count_six_per_weight() -> None:
    """Without layers' attention products, the count is 6 per multiplying weight; attention adds 6·L·T·D."""
    weights = sum(count for part, count in GOOD.parameters(1000).items() if part != "norms")
    assert GOOD.flops_per_token(1000) == 6 * weights + 6 * 2 * 128 * 64
