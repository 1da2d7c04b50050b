"""Folders on a disk or in a bucket, behind the one interface of `pathlib.Path`."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import cast

from codemix.errors import UserError


def open_folder(where: str | Path) -> Path:
    """The folder of a local path, or of a URL such as s3://bucket/folder (a `UPath`, which has Path's methods).

    Raises:
        UserError: nothing here speaks the URL's protocol.
    """
    if "://" not in str(where):
        return Path(where)
    from upath import UPath

    protocol = str(where).split("://")[0]
    try:
        # Other processes write here, too: a remembered listing would be wrong.
        folder = UPath(str(where), use_listings_cache=False)
        folder.fs  # noqa: B018  made at first use, and what is missing is told then
    except (ImportError, ValueError) as error:
        mend = f"pip install 'codemix[{'gs' if protocol == 'gcs' else protocol}]'"
        raise UserError(
            f"{where}: {protocol}:// needs a package that is not there ({error}); "
            f"{mend if protocol in ('s3', 'gs', 'gcs') else 'give a folder, s3://… or gs://…'}."
        ) from None
    return cast(Path, folder)


def is_local(path: Path) -> bool:
    return isinstance(path, Path)


def preparing_lease(folder: Path) -> Path:
    """Where the lease of who prepares into `folder` is kept: in it, or, for a bucket, on this machine.

    Two machines that prepare the same store write the same bytes.
    """
    name = ".preparing"
    if is_local(folder):
        return folder / name
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"codemix-{digest}{name}"


def local_copy(path: Path) -> Path:
    """The file itself, or a copy of it for libraries that open nothing else; for files that never change."""
    if is_local(path):
        return path
    name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    copy = Path(tempfile.gettempdir()) / f"codemix-{os.getuid()}" / name / path.name
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as file:
            file.write(path.read_bytes())
        os.replace(file.name, copy)
    return copy


def move(source: Path, target: Path) -> None:
    """Gives a file another name in the same folder or bucket."""
    if is_local(source):
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
    else:
        source.fs.mv(source.path, target.path)  # type: ignore[attr-defined]


def remove_tree(folder: Path) -> None:
    """Removes a folder and all in it, if it is there."""
    if is_local(folder):
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists():
        folder.fs.rm(folder.path, recursive=True)  # type: ignore[attr-defined]
