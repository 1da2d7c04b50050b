"""Where bytes lie: local files and remote ones, opened by their URL through fsspec.

Whatever a storage raises becomes one sentence that names the pattern or the file, and the mend.
"""

import contextlib
import io
import re
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, TypeVar

from codemix.errors import UserError

Found = TypeVar("Found")

_BLOCK_BYTES = 8 << 20  # asked of a remote storage at once
_PAUSES = (1.0, 2.0, 4.0)  # seconds before a failed read is tried again
_PACKAGES = {"s3": "'codemix[s3]'", "s3a": "'codemix[s3]'", "gs": "'codemix[gs]'", "gcs": "'codemix[gs]'"}
_CREDENTIALS = {
    "hf": "set HF_TOKEN to a token that may read it, or run `hf auth login`",
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or FSSPEC_S3_ANON=true for a public bucket",
    "gs": "run `gcloud auth application-default login`, or set FSSPEC_GS_TOKEN=anon for a public bucket",
}
_ALIASES = {"s3a": "s3", "gcs": "gs"}


def protocol(url: str) -> str:
    """The protocol of a URL or path: "file" for a local one, "s3", "gs", "hf", "https"…"""
    scheme, separator, _ = url.partition("://")
    name = scheme if separator and scheme.replace("+", "").replace("-", "").replace(":", "").isalnum() else "file"
    return "file" if name == "local" else _ALIASES.get(name, name)


def is_local(url: str) -> bool:
    return protocol(url) == "file"


def file_system(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL or path, and the path in it.

    Raises UserError where the package that speaks its protocol is not installed or has no credentials.
    """
    import fsspec  # type: ignore[import-untyped]

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
                return self._file.read(size)
            except Exception as error:
                if pause is None or _reason(error) not in (_UNREACHABLE, _OTHER):
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
    kind, reason = protocol(where), _reason(error)
    credentials = _CREDENTIALS.get(kind, "give credentials for it, as fsspec's documentation of its protocol says")
    if reason == _PACKAGE:
        package = _PACKAGES.get(where.partition("://")[0], "what it names")
        return UserError(f"{where}: {_first_line(error)}; run `pip install {package}`.")
    if reason == _GATED:
        page = re.match(r"hf://(datasets/[^/@]+/[^/@]+)", where)
        page_name = f"https://huggingface.co/{page[1]}" if page else "its page"
        return UserError(f"{where}: the dataset is gated; accept its terms on {page_name}, and {credentials}.")
    if reason == _FORBIDDEN:
        return UserError(f"{where}: the storage does not let you read it ({_first_line(error)}); {credentials}.")
    if reason == _MISSING:
        private = f"; if it is private, {credentials}" if kind in _CREDENTIALS else ""
        return UserError(f"{where}: there is no such file, bucket or dataset; check its name{private}.")
    if reason == _UNREACHABLE:
        return UserError(
            f"{where}: the storage cannot be reached ({_first_line(error)}); check the network, and endpoint and proxy "
            "in the environment."
        )
    return UserError(f"{where}: the storage failed with {type(error).__name__} ({_first_line(error)}); try again.")


_PACKAGE, _GATED, _FORBIDDEN, _MISSING, _UNREACHABLE, _OTHER = range(6)
_REASONS_OF_STATUS = {401: _FORBIDDEN, 403: _FORBIDDEN, 404: _MISSING, 410: _MISSING}
# By name, since the packages that define them are not imported for a storage that is not used.
_REASONS_OF_NAME = {
    "GatedRepoError": _GATED,
    "RepositoryNotFoundError": _MISSING,
    "RevisionNotFoundError": _MISSING,
    "NoCredentialsError": _FORBIDDEN,
    "PartialCredentialsError": _FORBIDDEN,
    "DefaultCredentialsError": _FORBIDDEN,
    "EndpointConnectionError": _UNREACHABLE,
    "ClientConnectorError": _UNREACHABLE,
    "ConnectError": _UNREACHABLE,
    "OfflineModeIsEnabled": _UNREACHABLE,
}


def _reason(error: BaseException) -> int:
    """Why a storage failed, by the first of the chain of errors that tells."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or following.__context__
    # The hub's reader wraps its own error, which tells more, in a FileNotFoundError.
    named = [_REASONS_OF_NAME[type(each).__name__] for each in chain if type(each).__name__ in _REASONS_OF_NAME]
    if named:
        return named[0]
    for each in chain:
        if isinstance(each, ImportError):
            return _PACKAGE
        if isinstance(each, PermissionError):
            return _FORBIDDEN
        if isinstance(each, FileNotFoundError):
            return _MISSING
        status = getattr(each, "status", None) or getattr(getattr(each, "response", None), "status_code", None)
        if status in _REASONS_OF_STATUS:
            return _REASONS_OF_STATUS[status]
        if isinstance(each, ConnectionError | TimeoutError):
            return _UNREACHABLE
    return _OTHER


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".;")
