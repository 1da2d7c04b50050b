"""The command line: finds the command, and says in one sentence what the user can mend."""

import argparse
import errno
import importlib
import os
import sys

from codemix import __version__
from codemix.commands import NAMES
from codemix.errors import UserError

_USER_ERROR = 2
_STATUSES = (
    "Exit status: 0 done; 2 something to mend, told in one sentence; 75 stopped by SIGTERM, or a machine that is taken "
    "away, with everything saved; 130 the same after SIGINT (Ctrl-C). After 75 and 130 the same command goes on."
)
_MAKE_ROOM = "make room and run the same command again, or give another folder with --home."


def main(arguments: list[str] | None = None) -> None:
    """Runs one command. What the user can mend ends it with one sentence on stderr and status 2; being asked to stop,
    with one and status 75, or 130 where a person asked."""
    parser = _parser()
    arguments = sys.argv[1:] if arguments is None else arguments
    ours, beams = _split_at_dashes(arguments)
    parsed, rest = parser.parse_known_args(ours)
    parsed.overrides = tuple(flag.removeprefix("--gin.") for flag in rest if flag.startswith("--gin."))
    unknown = [flag for flag in rest if not flag.startswith("--gin.")]
    if unknown:
        parser.error(f"unknown argument {unknown[0]}; bindings are overridden with --gin.Class.field=value")
    if beams and not getattr(parsed, "runner", None):
        parser.error(f"{beams[0]} after -- is for a Beam runner; name it with `codemix prepare STUDY --runner NAME`")
    parsed.beam_options = beams
    from rich.console import Console

    from codemix.training.stopping import Stopped, listening

    try:
        with listening():
            parsed.run(parsed, Console())
    except UserError as error:
        _exit(str(error))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            _exit_at_once(f"{error.filename or parsed.home}: {error.strerror}; {_MAKE_ROOM}")
        if error.errno not in (errno.EACCES, errno.EROFS):
            raise
        _exit(f"{error.filename or parsed.home}: {error.strerror}; give another folder with --home.")
    except (RuntimeError, ValueError) as error:  # the checkpoint library wraps a full disk in these
        if os.strerror(errno.ENOSPC) not in str(error) and "RESOURCE_EXHAUSTED: Error writing" not in str(error):
            raise
        _exit_at_once(f"--home {parsed.home}: {os.strerror(errno.ENOSPC)}; {_MAKE_ROOM}")
    except Stopped as stopped:
        _exit(f"stopped by {stopped}; everything is saved, and the same command goes on from here.", stopped.status)


def _split_at_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What comes before `--`, and the options of a Beam runner after it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:end], arguments[end + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="codemix",
        description="Experiments that decide how much code, which code and at which stage goes into pre-training.",
        epilog="Any gin binding is overridden with --gin.Class.field=value, for instance --gin.Scale.tokens=500000. "
        + _STATUSES,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"codemix {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in NAMES:
        module = importlib.import_module(f"codemix.commands.{name.replace('-', '_')}")
        command = commands.add_parser(
            name, help=module.HELP, description=module.HELP, epilog=_STATUSES, allow_abbrev=False
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def _exit(sentence: str, status: int = _USER_ERROR) -> None:
    print(f"codemix: {sentence}", file=sys.stderr)
    raise SystemExit(status)


def _exit_at_once(sentence: str) -> None:
    """For a full disk: threads and exit handlers that still write would each tell it again, with a traceback."""
    print(f"codemix: {sentence}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_USER_ERROR)
