"""Remote storages: real servers on this machine, which speak S3, the hub's interface and plain HTTP."""

import contextlib
import gzip
import http.server
import multiprocessing
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hub_server import TOKEN, Hub, running_hub

from codemix.data.records.files import Files
from codemix.errors import UserError

LINES = b"".join(b'{"text": "%d"}\n' % number for number in range(2000))
CORPORA = {
    "slimpajama/validation/chunk*/*.jsonl.zst": ("text", "meta"),
    "starcoderdata/{subset}/*.parquet": ("content", "max_stars_repo_name"),
}
SUBSETS = ("go", "c-sharp")


def everything(pattern: str, subsets: tuple[str, ...], fields: tuple[str, ...]) -> list[Any]:
    files = Files((pattern,))
    parts = files.parts(subsets)
    return [(part.name, part.subset, *found) for part in parts for found in files.records(part, fields)]


def key(pattern: str) -> str:
    return Files((pattern,)).fingerprint(())


def refusal(pattern: str) -> str:
    """What is said of a pattern that cannot be read."""
    with pytest.raises(UserError) as caught:
        everything(pattern, (), ())
    return str(caught.value)


def refusal_without(package: str, pattern: str) -> str:
    sys.modules[package] = None  # type: ignore[assignment]  # makes its import fail
    return refusal(pattern)


@contextlib.contextmanager
def new_process(**environment: str) -> Iterator[ProcessPoolExecutor]:
    """A spawned process in which to call functions: libraries read the environment when they are imported."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
            yield executor


def upload(folder: Path, bucket: str) -> None:
    import boto3

    client = boto3.client("s3")
    for file in folder.rglob("*"):
        if file.is_file():
            client.upload_file(str(file), bucket.removeprefix("s3://"), str(file.relative_to(folder)))


@pytest.fixture
def corpora(samples: Path, tmp_path: Path) -> Path:
    """Some of the samples, in a folder of their own."""
    for pattern in ("slimpajama/validation/chunk*/*.zst", *(f"starcoderdata/{subset}/*.parquet" for subset in SUBSETS)):
        for file in (samples / "pretrain").glob(pattern):
            place = tmp_path / file.relative_to(samples / "pretrain")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(file)
    return tmp_path


def test_a_bucket_gives_the_records_of_the_folder(corpora: Path, s3_bucket: str) -> None:
    upload(corpora, s3_bucket)
    with new_process() as executor:
        for pattern, fields in CORPORA.items():
            local = everything(f"{corpora}/{pattern}", SUBSETS, fields)
            assert len(local) > 40
            assert executor.submit(everything, f"{s3_bucket}/{pattern}", SUBSETS, fields).result() == local


def test_a_changed_object_is_another_key(s3_bucket: str, tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_bytes(LINES)
    upload(tmp_path, s3_bucket)
    before = key(f"{s3_bucket}/*.jsonl")
    assert key(f"{s3_bucket}/*.jsonl") == before
    (tmp_path / "lines.jsonl").write_bytes(LINES.replace(b"7", b"8"))
    upload(tmp_path, s3_bucket)
    assert key(f"{s3_bucket}/*.jsonl") != before


def test_array_records_come_from_a_bucket(s3_bucket: str, tmp_path: Path) -> None:
    from array_record.python.array_record_module import ArrayRecordWriter

    writer = ArrayRecordWriter(str(tmp_path / "x.array_record"), "group_size:1")
    for line in LINES.splitlines():
        writer.write(line)
    writer.close()
    upload(tmp_path, s3_bucket)
    found = everything(f"{s3_bucket}/*.array_record", (), ())
    assert [record["text"] for *_, record in found] == [str(number) for number in range(2000)]


@pytest.mark.parametrize("pattern", ["s3://no-such-bucket/*.jsonl", "s3://no-such-bucket/a.jsonl"])
def test_a_bucket_that_is_not_there_is_told(s3_server: str, pattern: str) -> None:
    with pytest.raises(UserError, match=r"no-such-bucket.*there is no such file, bucket or dataset"):
        Files((pattern,)).parts(())


def test_an_object_that_is_not_there_is_told(s3_bucket: str) -> None:
    with pytest.raises(UserError, match=r"s3://.*/a\.parquet: there is no such file"):
        Files((f"{s3_bucket}/a.parquet",)).parts(())


def test_credentials_that_open_nothing_are_told(s3_server: str, s3_bucket: str, tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_bytes(LINES)
    upload(tmp_path, s3_bucket)

    def after(requests: str) -> None:
        """From so many requests on moto asks for credentials; ours are those of nobody."""
        urllib.request.urlopen(
            urllib.request.Request(
                f"{s3_server}/moto-api/reset-auth", requests.encode(), {"Content-Type": "text/plain"}, method="POST"
            )
        )

    after("0")
    try:
        with new_process(AWS_ACCESS_KEY_ID="nobody") as executor:
            for pattern in (f"{s3_bucket}/*.jsonl", f"{s3_bucket}/lines.jsonl"):
                assert "set AWS_ACCESS_KEY_ID" in executor.submit(refusal, pattern).result()
    finally:
        after("inf")


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    dataset = {
        "en/1.jsonl": LINES,
        "en/2.jsonl.gz": gzip.compress(LINES),
        "de/1.jsonl": b'{"text": "eins"}\n',
        "README.md": b"",
    }
    with running_hub({"lab/open": dataset, "lab/gated": dataset}, gated=frozenset({"lab/gated"})) as server:
        yield server


@pytest.fixture(scope="module")
def hub_environment(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of somebody without a token."""
    home = str(tmp_path_factory.mktemp("hf"))
    return {"HF_ENDPOINT": hub.url, "HF_HOME": home, "HF_HUB_OFFLINE": "0", "HF_TOKEN": ""}


@pytest.fixture(scope="module")
def stranger(hub_environment: dict[str, str]) -> Iterator[ProcessPoolExecutor]:
    """A process without a token."""
    with new_process(**hub_environment) as executor:
        yield executor


def test_a_dataset_of_the_hub_by_id_and_revision(stranger: ProcessPoolExecutor) -> None:
    pattern = "hf://datasets/lab/open@main/{subset}/*.jsonl*"
    found = stranger.submit(everything, pattern, ("de", "en"), ()).result()
    assert [each[:3] for each in found[:2]] == [("open/de/1.jsonl", "de", 1), ("open/en/1.jsonl", "en", 1)]
    assert [each[3]["text"] for each in found[1:]] == 2 * [str(number) for number in range(2000)]


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (
            "hf://datasets/lab/gated/en/*.jsonl",
            "is gated; accept its terms on https://huggingface.co/datasets/lab/gated, and set HF_TOKEN",
        ),
        ("hf://datasets/lab/missing/*.jsonl", "no such file, bucket or dataset; check its name; if it is private, set"),
        ("hf://datasets/lab/open@v9/*.jsonl", "no such file, bucket or dataset"),
        ("hf://datasets/lab/open/fr/*.jsonl", "no such file, bucket or dataset"),
        ("hf://datasets/lab/open/*.jsonl", "no files match"),
        ("hf://datasets/lab/open/*", "README.md is of no known kind"),
    ],
)
def test_what_the_hub_does_not_give_is_told(stranger: ProcessPoolExecutor, pattern: str, told: str) -> None:
    assert told in stranger.submit(refusal, pattern).result()


def test_a_token_opens_a_gated_dataset(hub_environment: dict[str, str]) -> None:
    pattern = "hf://datasets/lab/gated/en/1.jsonl"
    with new_process(**hub_environment | {"HF_TOKEN": "hf_of_somebody_else"}) as executor:
        assert "is gated" in executor.submit(refusal, pattern).result()
    with new_process(**hub_environment | {"HF_TOKEN": TOKEN}) as executor:
        assert len(executor.submit(everything, pattern, (), ()).result()) == 2000


def test_a_dataset_of_the_hub_has_its_contents_key(hub: Hub, stranger: ProcessPoolExecutor) -> None:
    dataset, keys = hub.datasets["lab/open"], []
    for content in (LINES, LINES, LINES[:-1], b"{}"):
        hub.datasets["lab/keys"] = {**dataset, "en/1.jsonl": content}
        keys.append(stranger.submit(key, "hf://datasets/lab/keys/en/*").result())
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_no_network_is_told(hub_environment: dict[str, str]) -> None:
    with new_process(**hub_environment | {"HF_ENDPOINT": "http://127.0.0.1:9"}) as executor:
        assert "cannot be reached" in executor.submit(refusal, "hf://datasets/lab/open/*.jsonl").result()


class Web(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; busy.jsonl is refused with status 503 every other time, a forbidden one with 403."""

    refused = False

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    def do_GET(self) -> None:
        Web.refused = not Web.refused
        if "forbidden" in self.path:
            self.send_error(403)
        elif "busy" in self.path and Web.refused:
            self.send_error(503)
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        if "forbidden" in self.path:
            self.send_error(403)
        else:
            super().do_HEAD()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    for name in ("lines.jsonl", "busy.jsonl", "forbidden.jsonl"):
        (tmp_path / name).write_bytes(LINES)
    (tmp_path / "lines.jsonl.gz").write_bytes(gzip.compress(LINES))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Web, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("name", ["lines.jsonl", "lines.jsonl.gz", "lines.jsonl?download=true"])
def test_a_file_of_the_web(web: str, name: str) -> None:
    found = everything(f"{web}/{name}", (), ())
    assert [record["text"] for *_, record in found] == [str(number) for number in range(2000)]
    assert found[0][0].endswith(name.partition("?")[0])
    assert key(f"{web}/{name}") == key(f"{web}/{name}")


def test_a_read_that_fails_in_passing_is_tried_again(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codemix.data.records.storage._PAUSES", (0.0, 0.0, 0.0))
    assert len(everything(f"{web}/busy.jsonl", (), ())) == 2000


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("{web}/forbidden.jsonl", "may not be read"),
        ("{web}/none.jsonl", "there is no such file"),
        ("http://127.0.0.1:9/a.jsonl", "cannot be reached"),
        ("nothing://bucket/a.jsonl", "no protocol of fsspec"),
    ],
)
def test_what_the_web_does_not_give_is_told(web: str, url: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        everything(url.format(web=web), (), ())


def test_a_package_that_is_not_installed_is_told() -> None:
    with new_process() as executor:
        for url, package, extra in (("s3://b/a.jsonl", "s3fs", "s3"), ("gs://b/a.jsonl", "gcsfs", "gs")):
            told = executor.submit(refusal_without, package, url).result()
            assert f"run `pip install 'codemix[{extra}]'`" in told
