"""A small hub: the part of the Hugging Face hub's HTTP interface that its file system asks for, on this machine.

Paths and error codes as huggingface_hub 2.4 asks for and reads them: `HfApi.dataset_info`, `list_repo_tree`,
`get_paths_info`, `hf_hub_url` and `hf_raise_for_status`.
"""

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_" + "a" * 34  # opens the gated datasets
REVISION = "main"
_COMMIT = "0123456789abcdef0123456789abcdef01234567"
_LFS_BYTES = 1000  # a larger file is known by its SHA-256, a smaller one by its blob

Dataset = Mapping[str, bytes]  # path -> content


class Hub(ThreadingHTTPServer):
    """Serves datasets by id.

    Attributes:
        datasets: id -> files.
        gated: ids of those whose files need `TOKEN`; they are listed for everybody, as on the hub.
        failures: how many of the next requests for bytes fail with status 503.
        requests: method and path of every request.
    """

    daemon_threads = True

    def __init__(self, datasets: Mapping[str, Dataset], gated: frozenset[str] = frozenset()):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.datasets, self.gated = dict(datasets), gated
        self.failures = 0
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextlib.contextmanager
def running_hub(datasets: Mapping[str, Dataset], gated: frozenset[str] = frozenset()) -> Iterator[Hub]:
    with Hub(datasets, gated) as hub:
        thread = threading.Thread(target=hub.serve_forever, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = parse_qs(self.rfile.read(length).decode())
        path = unquote(urlsplit(self.path).path)
        self.server.requests.append(f"{self.command} {path}")
        api = re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/(revision|tree|paths-info)/([^/]+)(?:/(.*))?)?", path)
        file = re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        found = api or file
        if not found:
            return self._refuse(404, "")
        name, revision = found[1], file[2] if file else (api and api[3]) or REVISION
        if name not in self.server.datasets:
            # To somebody unknown the hub does not say whether there is a private dataset of that name.
            return self._refuse(404 if self._token() == TOKEN else 401, "RepoNotFound")
        if revision not in (REVISION, _COMMIT):
            return self._refuse(404, "RevisionNotFound")
        dataset = self.server.datasets[name]
        if file:
            return self._file(name, dataset, file[3])
        assert api
        if api[2] == "tree":
            return self._tree(dataset, api[4] or "")
        if api[2] == "paths-info":
            return self._send(
                200, [entry for wanted in form["paths"] for entry in _entries(dataset) if entry["path"] == wanted]
            )
        return self._send(200, {"id": name, "sha": _COMMIT, "private": False, "gated": name in self.server.gated})

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _tree(self, dataset: Dataset, folder: str) -> None:
        inside = [entry for entry in _entries(dataset) if entry["path"].startswith(f"{folder}/" if folder else "")]
        if not inside:
            return self._refuse(404, "EntryNotFound")
        recursive = parse_qs(urlsplit(self.path).query).get("recursive", ["false"])[0].lower() == "true"
        depth = folder.count("/") + 1 if folder else 0
        return self._send(200, [entry for entry in inside if recursive or entry["path"].count("/") == depth])

    def _file(self, name: str, dataset: Dataset, path: str) -> None:
        if name in self.server.gated and self._token() != TOKEN:
            return self._refuse(403 if self._token() else 401, "GatedRepo")
        if path not in dataset:
            return self._refuse(404, "EntryNotFound")
        if self.server.failures:
            self.server.failures -= 1
            return self._refuse(503, "")
        content = dataset[path]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self._send(200, content)
        first, last = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
        return self._send(206, content[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{len(content)}"})

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, {"error": code or "no"}, {"X-Error-Code": code} if code else {})

    def _send(self, status: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header(
            "Content-Type", "application/octet-stream" if isinstance(content, bytes) else "application/json"
        )
        for header, value in (headers or {}).items():
            self.send_header(header, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _entries(dataset: Dataset) -> list[dict]:
    """Folders and files, as `RepoFolder` and `RepoFile` read them."""
    folders = {str(folder) for path in dataset for folder in PurePosixPath(path).parents if str(folder) != "."}
    entries: list[dict] = [
        {"type": "directory", "path": folder, "oid": "0" * 40, "size": 0} for folder in sorted(folders)
    ]
    for path, content in sorted(dataset.items()):
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        entry = {"type": "file", "path": path, "oid": blob, "size": len(content)}
        if len(content) > _LFS_BYTES:
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        entries.append(entry)
    return entries
