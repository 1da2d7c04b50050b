import pytest

from codemix.data.local.prose import prose

DOCSTRING = """Fit the model to the data, as described in the paper.

    The fit is done in two steps, since the first of them
    gives the starting point that the second needs.

    Notes
    -----
    A large sample is needed before the estimate can be trusted at all.

    Parameters
    ----------
    data : array_like
        The values to which the model is fitted, one for each row.

    Args:
      data: The values to which the model is fitted, one for each row.

    Returns:
      The parameters of the model that is the nearest to the data.

    The result can be shown in a table, as in the following example::

        This is a literal block, and it must not be taken for prose.

    >>> fit([1, 2, 3])
    The output of an example is not prose, even if it looks like it.

    .. note:: This is a directive that says a thing or two about the fit.

        This is what the directive holds, and it is not taken either.

    - an item of a list is not a paragraph of prose by itself.

    ====== =====
    It is   a table of the values.
    ====== =====
    """


def test_paragraphs_that_a_person_wrote_are_kept_and_the_rest_is_not():
    assert list(prose(DOCSTRING)) == [
        "Fit the model to the data, as described in the paper.",
        "The fit is done in two steps, since the first of them gives the starting point that the second needs.",
        "A large sample is needed before the estimate can be trusted at all.",
        "The parameters of the model that is the nearest to the data.",
    ]


@pytest.mark.parametrize(
    "docstring",
    [
        "",
        "\n\n  \n",
        "Too short.",
        "no capital letter at the start of this, which is in a sentence.",
        "This one does not end as a sentence of English does",
        "Der schnelle braune Fuchs springt ohne Hast über den faulen Hund.",
        "x = 3; y = f(x) + 12 / 7; z = [y for y in range(10)].",
        "fit(data, weights=None, *, steps=10, seed=0)",
        "| The cells | of a table | are not | in the prose |.",
        ":param data: The values to which the model is fitted, one for each row.",
    ],
)
def test_not_prose(docstring: str):
    assert list(prose(docstring)) == []
