"""Where bytes lie: local files and remote ones, opened by their URL through fsspec.

Whatever a storage raises becomes one sentence that names the pattern or the file, and the mend.
"""

import contextlib
import enum
import io
import re
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

from codemix.errors import UserError

_BLOCK_BYTES = 8 << 20  # asked of a remote storage at once
_PAUSES = (1.0, 2.0, 4.0)  # seconds before a failed read is tried again
_PACKAGES = {"s3": "'codemix[s3]'", "gs": "'codemix[gs]'", "http": "aiohttp", "https": "aiohttp"}
_CREDENTIALS = {
    "hf": "set HF_TOKEN to a token that may read it, or run `hf auth login`",
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or FSSPEC_S3_ANON=true for a public bucket",
    "gs": "run `gcloud auth application-default login`, or set FSSPEC_GS_TOKEN=anon for a public bucket",
}
_ALIASES = {"s3a": "s3", "gcs": "gs"}


def protocol(url: str) -> str:
    """The protocol of a URL or path: "file" for a local one, "s3", "gs", "hf", "https"…"""
    scheme, separator, _ = url.partition("://")
    name = scheme if separator else "file"
    return "file" if name == "local" else _ALIASES.get(name, name)


def is_local(url: str) -> bool:
    return protocol(url) == "file"


def file_system(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL or path, and the path in it.

    Raises UserError where the package that speaks its protocol is not installed or has no credentials.
    """
    import fsspec  # type: ignore[import-untyped]

    if protocol(url) not in fsspec.available_protocols():
        raise UserError(f"{url}: {protocol(url)!r} is no protocol of fsspec; give a path or a URL such as s3://….")
    # A company's proxy is named in the environment, which aiohttp does not read by itself.
    options = {"client_kwargs": {"trust_env": True}} if protocol(url) in ("http", "https") else {}
    with explained(url):
        return fsspec.url_to_fs(url, **options)


def open_file(url: str, sequential: bool) -> BinaryIO:
    """Opens a file for reading; a remote one tries failed reads again.

    Args:
        url: of a file, or its path.
        sequential: whether it is read from its beginning to its end, so that a block is read ahead.

    Raises:
        UserError: it cannot be opened; so does reading from it where the storage fails for good.
    """
    files, path = file_system(url)
    with explained(url):
        return files.open(path, "rb") if is_local(url) else RemoteFile(files, path, url, sequential)


class RemoteFile(io.RawIOBase, BinaryIO):
    """A file of a remote storage. A read that fails for a passing reason is tried again from where it was."""

    def __init__(self, files: Any, path: str, url: str, sequential: bool):
        self._files, self._path, self._url = files, path, url
        self._cache = "readahead" if sequential else "none"
        self._position = 0
        self._file = self._open()
        self._size: int | None = self._file.size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._size is not None

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start is None:
            raise UserError(f"{self._url}: the server does not tell its size; fetch it and give the local file.")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        content = self._read(len(buffer))
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _open(self) -> Any:
        # A storage is asked for its blocks, and Parquet's reader for exactly the ranges it needs.
        return self._files.open(self._path, "rb", block_size=_BLOCK_BYTES, cache_type=self._cache)

    def _read(self, size: int) -> bytes:
        for pause in (*_PAUSES, None):
            try:
                if self._file.tell() != self._position:
                    self._file.seek(self._position)
                content = self._file.read(size)
                if not content and size and self._position < (self._size or 0):
                    raise ConnectionError(f"the bytes ended at {self._position:,} of {self._size:,}")
                return content
            except Exception as error:
                if pause is None or _reason(error)[0] not in _PASSING:
                    raise explain(error, self._url) from error
                time.sleep(pause)
                with contextlib.suppress(Exception):  # where it cannot be opened yet, the next read tells why
                    self._file = self._open()
        raise AssertionError("the last attempt returns or raises")


@contextlib.contextmanager
def explained(where: str) -> Iterator[None]:
    """Turns what a storage raises into a UserError about `where`, a pattern or a URL."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise explain(error, where) from error


def explain(error: Exception, where: str) -> UserError:
    """The sentence for an error of a storage."""
    reason, cause = _reason(error)
    told = (str(cause).strip() or type(cause).__name__).splitlines()[0].rstrip(".;")
    kind = protocol(where)
    mend = _CREDENTIALS.get(kind, "check the permissions, or give credentials as fsspec documents for its protocol")
    if reason is _Reason.PACKAGE:
        package = _PACKAGES.get(kind, "what it names")
        return UserError(f"{where}: {told}; run `pip install {package}`.")
    if reason is _Reason.GATED:
        page = re.match(r"hf://(datasets/[^/@]+/[^/@]+)", where)
        page_name = f"https://huggingface.co/{page[1]}" if page else "its page"
        return UserError(f"{where}: the dataset is gated; accept its terms on {page_name}, and {mend}.")
    if reason is _Reason.FORBIDDEN:
        return UserError(f"{where}: it may not be read ({told}); {mend}.")
    if reason is _Reason.MISSING:
        what = "file" if kind == "file" else "file, bucket or dataset"
        private = f"; if it is private, {mend}" if kind in _CREDENTIALS else ""
        return UserError(f"{where}: there is no such {what}; check its name{private}.")
    if reason is _Reason.UNREACHABLE:
        return UserError(
            f"{where}: the storage cannot be reached ({told}); check the network, and the endpoint and proxy in the "
            "environment."
        )
    return UserError(f"{where}: reading failed with {type(cause).__name__} ({told}); try again.")


class _Reason(enum.Enum):
    """Why a storage failed."""

    PACKAGE = enum.auto()
    GATED = enum.auto()
    FORBIDDEN = enum.auto()
    MISSING = enum.auto()
    UNREACHABLE = enum.auto()
    OTHER = enum.auto()


_PASSING = (_Reason.UNREACHABLE, _Reason.OTHER)  # worth another attempt
_STATUSES = {401: _Reason.FORBIDDEN, 403: _Reason.FORBIDDEN, 404: _Reason.MISSING, 410: _Reason.MISSING}
# By name, since the packages that define them are not imported for a storage that is not used.
_NAMES = {
    "GatedRepoError": _Reason.GATED,
    "RepositoryNotFoundError": _Reason.MISSING,
    "RevisionNotFoundError": _Reason.MISSING,
    "NoCredentialsError": _Reason.FORBIDDEN,  # botocore
    "PartialCredentialsError": _Reason.FORBIDDEN,
    "DefaultCredentialsError": _Reason.FORBIDDEN,  # google.auth
    "EndpointConnectionError": _Reason.UNREACHABLE,  # botocore
    "ClientConnectorError": _Reason.UNREACHABLE,  # aiohttp
    "ConnectError": _Reason.UNREACHABLE,  # httpx
    "OfflineModeIsEnabled": _Reason.UNREACHABLE,  # huggingface_hub
}
_TYPES: dict[type[Exception], _Reason] = {
    ImportError: _Reason.PACKAGE,
    PermissionError: _Reason.FORBIDDEN,
    FileNotFoundError: _Reason.MISSING,
    ConnectionError: _Reason.UNREACHABLE,
    TimeoutError: _Reason.UNREACHABLE,
}


def _reason(error: BaseException) -> tuple[_Reason, BaseException]:
    """Why a storage failed, and the error that tells.

    Libraries wrap their own errors in FileNotFoundError: what the server answered says more than the built-in type.
    """
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    for each in chain:
        for base in type(each).__mro__:
            if base.__name__ in _NAMES:
                return _NAMES[base.__name__], each
    for each in chain:
        status = getattr(each, "status", None) or getattr(getattr(each, "response", None), "status_code", None)
        if status in _STATUSES:
            return _STATUSES[status], each
    for each in chain:
        for kind, reason in _TYPES.items():
            if isinstance(each, kind):
                return reason, each
    return _Reason.OTHER, error
