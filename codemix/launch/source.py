"""The commit that workers install which do not see this machine's files."""

import dataclasses
import subprocess
from pathlib import Path

import codemix
from codemix.errors import UserError
from codemix.store.atomic import atomic_path

ROOT = Path(codemix.__file__).parents[1]


@dataclasses.dataclass(frozen=True)
class Source:
    """codemix at a commit, and the study's path in it."""

    commit: str
    study: Path

    @property
    def archive(self) -> str:
        return f"codemix-{self.commit[:12]}.tar.gz"


def committed(study: Path, commit: str | None) -> Source:
    """The commit that is asked for, or the checkout's newest.

    Raises:
        UserError: there is no checkout; it has changes beside its commit; the study is not in the commit.
    """
    if not (ROOT / ".git").exists():
        raise UserError(f"{ROOT}: codemix runs from no git checkout, of which workers get a commit; launch from one.")
    if commit is None:
        changed = _git("status", "--porcelain", "--untracked-files=no")
        if changed:
            raise UserError(
                f"{ROOT}: {len(changed.splitlines())} files have changes that workers would not get; commit them, or "
                "say which commit with --commit."
            )
    found = _git("rev-parse", "--verify", f"{commit or 'HEAD'}^{{commit}}")
    path = study.resolve()
    inside = path.relative_to(ROOT) if path.is_relative_to(ROOT) else None
    if inside is None or not _git("ls-tree", "--name-only", found, "--", inside.as_posix()):
        raise UserError(f"{study}: it is not in the commit {found[:12]}, which workers get; put it into the checkout "
                        "and commit it.")  # fmt: skip
    return Source(found, inside)


def write_archive(source: Source, folder: Path) -> Path:
    """The commit's files, packed, as `folder`/`source.archive`."""
    path = folder / source.archive
    if not path.exists():
        with atomic_path(path) as temporary:
            _git("archive", "--format=tar.gz", f"--output={temporary}", source.commit)
    return path


def _git(*arguments: str) -> str:
    try:
        result = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        raise UserError("git is not on the PATH; install it where you launch from.") from None
    if result.returncode:
        said = result.stderr.strip().splitlines()
        raise UserError(f"git {arguments[0]}: {said[-1] if said else result.returncode}; correct --commit.")
    return result.stdout.strip()
