"""One request over HTTP, and everything that can come of it but its meaning."""

import email.utils
import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any, Literal

_MOST_BYTES = 4 * 2**20  # of an answer; a chat completion has some ten kilobytes
_PART = 64 * 1024

Kind = Literal["again", "slow", "refused", "forbidden"]


class Failed(Exception):
    """No answer.

    Attributes:
        kind: "again", it may come if asked again; "slow", it took too long or has no end; "refused", this request is
            not answered, others may be; "forbidden", none is.
        reason: a few words.
        wait: seconds that the endpoint asks to wait, None where it asks nothing.
    """

    def __init__(self, kind: Kind, reason: str, wait: float | None = None):
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.wait = wait


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A key is sent to the address that it was given for, and to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def post(url: str, body: dict[str, Any], key: str, timeout: float) -> Any:
    """Sends `body` as JSON and gives the JSON that comes back.

    Args:
        url: where to.
        body: of the request.
        key: sent as the bearer's token; "" for none.
        timeout: seconds for the whole exchange, however steadily it drips.

    Raises:
        Failed: anything else came, or nothing.
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    deadline = time.monotonic() + timeout
    try:
        with _opener.open(request, timeout=timeout) as response:
            content = _read(response, deadline)
    except urllib.error.HTTPError as error:
        with error:
            raise _status(error) from None
    except TimeoutError:
        raise Failed("slow", f"no whole answer within {timeout:g} s") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise Failed("slow", f"no whole answer within {timeout:g} s") from None
        raise Failed("again", str(error.reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise Failed("again", str(error) or type(error).__name__) from None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Failed("again", "the answer is not JSON") from None


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := response.read1(_PART):
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise Failed("slow", "the answer has no end")
        if time.monotonic() > deadline:
            raise TimeoutError
    if response.length:  # read1 does not tell that a connection was cut
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(parts)


def _status(error: urllib.error.HTTPError) -> Failed:
    reason = f"status {error.code}"
    if error.code in (401, 403, 404) or error.code < 400:
        return Failed("forbidden", reason)
    if error.code in (408, 409, 425, 429) or error.code >= 500:
        return Failed("again", reason, _wait(error.headers.get("Retry-After")))
    return Failed("refused", reason)


def _wait(header: str | None) -> float | None:
    """The seconds of a Retry-After header: a number or a date (RFC 9110 §10.2.3)."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
