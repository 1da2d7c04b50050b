"""Compilation by numba. Importing this loads it."""

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` as machine code, made at its first call and kept on disk where there is a folder to keep it in.

    numba notices a change of the file of `function`, not of what that file imports: what a kernel calls is beside it.
    """
    try:
        return numba.njit(cache=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        return numba.njit(function)
