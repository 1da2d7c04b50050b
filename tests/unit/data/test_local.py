import sys
from pathlib import Path

import pytest

from codemix.data.documents import Document, Dropped
from codemix.data.local import LocalCode, LocalMarkup, LocalProse
from codemix.data.local.environment import closure, local_files
from codemix.errors import UserError

PROSE = "This is a sentence that the reader of the text is meant to keep."


def install(site: Path, name: str, version: str, requires: list[str], files: dict[str, str]) -> None:
    """Lays out a distribution as an installer does."""
    information = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense-Expression: MIT\n"
    metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    metadata += "Description-Content-Type: text/markdown\n\n# About\n\nLong description.\n"
    record = []
    for path, content in {**files, f"{information}/METADATA": metadata}.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(content)
        record.append(f"{path},sha256={hash(content)},{len(content)}")
    record += [
        f"../../../bin/{name},sha256=x,1",
        f"{name}/__pycache__/a.pyc,,",
        f"{information}/direct_url.json,sha256=y,9",
    ]
    (site / information / "RECORD").write_text("\n".join(record) + "\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    local_files.cache_clear()
    install(
        tmp_path,
        "rootdist",
        "1.0",
        ["middist[fast]>=1", "never; python_version < '3'", "extradist; extra == 'test'", "notinstalled"],
        {"rootdist/a.py": f'"""{PROSE}"""\nx = 1  # kept\n', "rootdist/page.html": "<p>Hello</p>\n"},
    )
    install(tmp_path, "middist", "2.0", ["fastdist; extra == 'fast'", "rootdist"], {"middist/bad.py": "def f(:\n"})
    install(tmp_path, "fastdist", "3.0", [], {"fastdist/conf.yml": "a: 1\n", "fastdist/latin.css": "a{}\n"})
    install(tmp_path, "extradist", "4.0", [], {"extradist/z.py": "z = 1\n"})
    (tmp_path / "fastdist" / "latin.css").write_bytes(b"a{content:'\xe9'}")
    return tmp_path


def read(reader: LocalProse | LocalCode | LocalMarkup) -> dict[str, Document | Dropped]:
    return {document.id: document for shard in reader.shards() for document in reader.documents(shard)}


def test_closure_follows_requested_extras_and_markers(site: Path):
    assert [found.name for found in closure(["rootdist"])] == ["fastdist", "middist", "rootdist"]


def test_an_unknown_root_is_an_error():
    with pytest.raises(UserError, match="'no-such-root' is not installed"):
        closure(["no_such_root"])


def test_text_and_code_of_a_file_do_not_overlap(site: Path):
    text = read(LocalProse(("rootdist",), standard_library=False))
    code = read(LocalCode(("rootdist",), standard_library=False))
    assert set(text) == set(code) == {"rootdist:rootdist/a.py", "middist:middist/bad.py"}
    assert text["rootdist:rootdist/a.py"].text == PROSE + "\n"
    assert code["rootdist:rootdist/a.py"] == Document(
        id="rootdist:rootdist/a.py",
        text="x = 1  # kept\n",
        language="python",
        cluster="rootdist",
        provenance={"package": "rootdist", "version": "1.0", "path": "rootdist/a.py", "licence": "MIT"},
    )
    assert code["middist:middist/bad.py"] == Dropped("middist:middist/bad.py", "does not parse")


def test_markup(site: Path):
    found = read(LocalMarkup(("rootdist",), standard_library=False))
    texts = {name: (found[name].language, found[name].text) for name in found if isinstance(found[name], Document)}
    assert texts == {
        "rootdist:rootdist/page.html": ("html", "<p>Hello</p>\n"),
        "fastdist:fastdist/conf.yml": ("yaml", "a: 1\n"),
        **{
            f"{name}:METADATA": ("markdown", "# About\n\nLong description.\n")
            for name in ("rootdist", "middist", "fastdist")
        },
    }
    assert found["fastdist:fastdist/latin.css"] == Dropped("fastdist:fastdist/latin.css", "not UTF-8")


def test_a_tool_beside_the_roots_changes_nothing_and_a_changed_file_does(site: Path):
    reader = LocalCode(("rootdist",), standard_library=False)
    before = reader.fingerprint()

    local_files.cache_clear()
    install(site, "sometool", "1.0", [], {"sometool/t.py": "t = 1\n"})
    assert reader.fingerprint() == before

    local_files.cache_clear()
    install(site, "fastdist", "3.0", [], {"fastdist/conf.yml": "a: 2\n"})
    assert reader.fingerprint() == before  # it reads no YAML
    install(site, "rootdist", "1.0", ["middist[fast]>=1"], {"rootdist/a.py": "x = 2\n"})
    local_files.cache_clear()
    assert reader.fingerprint() != before


def test_files_come_in_an_order_that_mixes_the_packages():
    files = LocalCode(("numpy", "pyarrow", "rich")).files()
    packages = [file.package for file in files[:200]]
    assert {"python", "numpy", "pyarrow", "rich"} <= set(packages)
    assert not any(file.package == "codemix" for file in files)


def test_the_standard_library_is_read_without_an_error():
    reader = LocalProse(("packaging",))
    documents = [document for document in reader.documents(reader.shards()[0]) if isinstance(document, Document)]
    assert sum(len(document.text) for document in documents) > 5_000
