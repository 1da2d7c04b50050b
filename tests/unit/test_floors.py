"""The floors of WORKSPACE.md: a folder imports from the floors below it only, and TensorFlow stays in its room."""

import ast
from pathlib import Path

import pytest

import codemix

ROOT = Path(codemix.__file__).parent
FLOORS = (
    {"errors"},
    {"mixing", "model", "sandbox", "store"},
    {"chat"},
    {"training", "evaluation", "data", "interchange"},
    {"synthetic"},
    {"reporting", "launch"},
    {"study"},
    {"api", "commands", "seqio_tasks"},
    {"cli"},
    {"__init__", "__main__"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
TENSORFLOW = {"tensorflow", "tensorflow_text", "seqio"}
DATASETS = {"tensorflow_datasets"}  # reads ArrayRecord without TensorFlow
BEAM = {"apache_beam"}
# reporting stands alone but for the store's files
ALLOWED = {"reporting": {"errors", "store", "reporting"}, "launch": {"errors", "store", "launch"}}


def imports(file: Path) -> set[str]:
    """The modules that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def files() -> list[tuple[Path, str]]:
    return [(file, file.relative_to(ROOT).parts[0].removesuffix(".py")) for file in sorted(ROOT.rglob("*.py"))]


def test_every_folder_imports_from_below() -> None:
    for file, own in files():
        for module in imports(file):
            if not module.startswith("codemix."):
                continue
            other = room(module)
            if other not in FLOOR:  # `from codemix import __version__`
                continue
            assert other == own or FLOOR[other] < FLOOR[own], f"{file} imports {module}: '{own}' is not above '{other}'"
            assert other in ALLOWED.get(own, FLOOR), f"{file} imports {module}: '{own}' reads results, nothing else"


@pytest.mark.parametrize(
    ("packages", "place"),
    [
        (TENSORFLOW, "data/tensorflow_quietly.py"),
        (DATASETS, "data/records/tfds.py"),
        (BEAM, "data/beam.py"),
    ],
)
def test_heavy_packages_are_imported_in_one_place(packages: set[str], place: str) -> None:
    importers = {
        file.relative_to(ROOT).as_posix()
        for file, _ in files()
        if {module.split(".")[0] for module in imports(file)} & packages
    }
    assert importers == {place}


def test_there_are_no_import_cycles() -> None:
    modules = {".".join(file.relative_to(ROOT.parent).with_suffix("").parts): file for file, _ in files()}
    edges = {name: {other for other in imports(file) if other in modules} - {name} for name, file in modules.items()}
    while leaves := {name for name, needed in edges.items() if not needed}:
        edges = {name: needed - leaves for name, needed in edges.items() if name not in leaves}
    assert not edges, f"import cycle among {sorted(edges)}"
