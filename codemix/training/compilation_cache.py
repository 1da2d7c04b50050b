"""What JAX has compiled, kept in the home for the next start.

    home/compiled/NAME-KEY-cache     a program
    home/compiled/NAME-KEY-atime     when it was last used; written after it

JAX's own cache: keyed by the program, the compiler's version and flags, and the kind of chips, of a CPU by the
instructions that it has. Process 0 of a job writes, the others read; a lock keeps processes apart.
"""

import contextlib
import os
from pathlib import Path

COMPILED = "compiled"
_MOST_BYTES = 4 * 10**9  # the programs that were used longest ago are removed beyond it
_LOCK = ".lockfile"  # that JAX takes to read and write there
_LOCK_SECONDS = 10


def keep_compiled(home: Path) -> None:
    """Has JAX keep what takes it a second or more to compile, and use what is kept.

    Where JAX_COMPILATION_CACHE_DIR is set, that folder is used, as JAX does; JAX_COMPILATION_CACHE_MAX_SIZE and
    JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS are heard, too.
    """
    if os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return
    import jax

    folder = home.absolute() / COMPILED
    _remove_unfinished(folder)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    if "JAX_COMPILATION_CACHE_MAX_SIZE" not in os.environ:
        jax.config.update("jax_compilation_cache_max_size", _MOST_BYTES)


def _remove_unfinished(folder: Path) -> None:
    """Removes what a killed process was writing: JAX would read it at every start, in vain, and write no more."""
    if not folder.exists():
        return
    from filelock import FileLock, Timeout

    with contextlib.suppress(OSError, Timeout), FileLock(folder / _LOCK, _LOCK_SECONDS):
        for program in folder.glob("*-cache"):
            if not program.with_name(program.name.removesuffix("-cache") + "-atime").exists():
                program.unlink()
