"""How varied synthetic problems are, beside StarCoderData's Python: programs, near-duplicates, words, sizes, topics.

    CODEMIX_SAMPLES=... python -m tests.benchmarks.diversity [--problems 5000]

The problems are made in this process and not verified, which alters none and leaves out few. Beside them stand the
Python files of the samples: as many of the first as have the same number of bytes, since what is compressed, and how
many different words there are, depends on how much there is; and all of them.

Trees are without names, constants and docstrings (`codemix.synthetic.diversity`); of a problem its solution counts, and
files that Python 3 does not parse have none. Near-duplicates are documents that share a band of MinHash at Jaccard 0.7,
shingles of 5 words, with an earlier one. Words of prose are those of the statements, without their code; in
StarCoderData those of comments and docstrings. Tokens are StarCoder's.
"""

import argparse
import ast
import dataclasses
import io
import os
import re
import sys
import tempfile
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import tokenizers
import zstandard
from rich.console import Console
from rich.progress import track
from rich.table import Table

from codemix.synthetic.diversity import near_duplicates, normalised
from codemix.synthetic.layouts import document
from codemix.synthetic.making import problem_at
from codemix.synthetic.problem import Problem, Rejected
from codemix.synthetic.registry import families
from tests.benchmarks.sample_rows import tokenizer_files

WORST = 5
WORD = re.compile(r"[a-z]{2,}")
CODE = re.compile(r"`[^`]*`")


@dataclasses.dataclass(frozen=True)
class Text:
    """A document, its program, and its prose."""

    whole: str
    program: str
    prose: str


def made(count: int, seed: int) -> list[Problem]:
    """The first `count` problems of a seed, without those whose sketch makes none."""
    found = []
    for index in track(range(count), "problems", console=Console(stderr=True), transient=True):
        try:
            found.append(problem_at(seed, index))
        except Rejected:
            continue
    return found


def ours(problem: Problem) -> Text:
    return Text(document(problem), problem.solution, CODE.sub(" ", problem.statement))


def starcoder() -> list[Text]:
    """The samples' Python files, without the line of metadata that half of them begin with."""
    files = sorted((Path(os.environ["CODEMIX_SAMPLES"]) / "pretrain" / "starcoderdata" / "python").glob("*.parquet"))
    contents = (text for file in files for text in pq.read_table(file, columns=["content"])["content"].to_pylist())
    bare = (re.sub(r"\A(<reponame>[^\n]*|<filename>[^\n]*|<gh_stars>[^\n]*)\n", "", text) for text in contents)
    return [Text(text, text, _prose(text)) for text in bare]


def _prose(source: str) -> str:
    """The comments and docstrings of a file, as far as it can be read."""
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        pass
    tree = _parsed(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(ast.get_docstring(node) or "")
    return "\n".join(found)


def _parsed(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _names(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def _functions(tree: ast.AST) -> Iterable[str]:
    return (ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _share(keys: Sequence[str]) -> str:
    return f"{len(set(keys)) / len(keys):.1%} of {len(keys):,}"


def figures(texts: Sequence[Text], encoder: tokenizers.Tokenizer) -> dict[str, str]:
    """What the table says of one column."""
    trees = [tree for text in texts if (tree := _parsed(text.program))]
    data = "".join(text.whole for text in texts).encode()
    lengths = [len(each.ids) for each in encoder.encode_batch([text.whole for text in texts])]
    words = Counter(word for text in texts for word in WORD.findall(text.prose.lower()))
    low, middle, high = np.percentile(lengths, (5, 50, 95)).astype(int)
    return {
        "documents": f"{len(texts):,}",
        "MB": f"{len(data) / 1e6:.2f}",
        "distinct trees of programs": _share([normalised(ast.unparse(tree)) for tree in trees]),
        "distinct trees of functions": _share([normalised(each) for tree in trees for each in _functions(tree)]),
        "near-duplicates at 0.7": f"{near_duplicates([text.whole for text in texts]).mean():.1%}",
        "compressed by zstd -19 to 1 part in": f"{len(data) / len(zstandard.compress(data, 19)):.1f}",
        "different identifiers": f"{len({name for tree in trees for name in _names(tree)}):,}",
        "different words of prose": f"{len(words):,} among {words.total():,}",
        "tokens of a document, 5/50/95 %": f"{low}/{middle}/{high}",
    }


def _of_bytes(texts: Sequence[Text], size: int) -> list[Text]:
    """The first texts that together have as many bytes."""
    ends = np.cumsum([len(text.whole.encode()) for text in texts])
    return list(texts[: int(np.searchsorted(ends, size)) + 1])


def _show_columns(columns: dict[str, dict[str, str]], console: Console) -> None:
    table = Table("", *columns)
    for name in next(iter(columns.values())):
        table.add_row(name, *(column[name] for column in columns.values()))
    console.print(table)


def _show_topics(problems: Sequence[Problem], console: Console) -> None:
    known = families()
    topics = Counter(known[name].topic for problem in problems for name in problem.family.split("+"))
    shares = ", ".join(f"{topic} {count / topics.total():.1%}" for topic, count in topics.most_common())
    pipelines = np.mean(["+" in problem.family for problem in problems])
    console.print(f"Topics: {shares}. {pipelines:.1%} of the problems are pipelines and count for each family.")


def _show_families(problems: Sequence[Problem], console: Console) -> None:
    """The families with the smallest share of different trees, and those with the largest of near-duplicates."""
    again = near_duplicates([document(problem) for problem in problems])
    rows = []
    for name in families():
        places = [place for place, problem in enumerate(problems) if problem.family == name]
        trees = {normalised(problems[place].solution) for place in places}
        rows.append(
            (name, len(places), len(trees) / max(1, len(places)), float(again[places].mean()) if places else 0.0)
        )
    for title, ordered in (
        ("fewest trees", sorted(rows, key=lambda row: row[2])),
        ("most near-duplicates", sorted((row for row in rows if row[3]), key=lambda row: -row[3])),
    ):
        table = Table(f"Family ({title})", "problems", "distinct trees of programs", "near-duplicates")
        for name, count, trees_share, share in ordered[:WORST]:
            table.add_row(name, str(count), f"{trees_share:.0%}", f"{share:.1%}")
        if ordered:
            console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.diversity", description=main.__doc__)
    parser.add_argument("--problems", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if "CODEMIX_SAMPLES" not in os.environ:
        sys.exit("CODEMIX_SAMPLES names no folder of samples: there is nothing to stand beside.")
    console = Console(width=120)
    problems = made(options.problems, options.seed)
    texts, peers = [ours(problem) for problem in problems], starcoder()
    with tempfile.TemporaryDirectory() as folder:
        encoder = tokenizers.Tokenizer.from_file(str(tokenizer_files(Path(folder))["starcoder"]))
    size = sum(len(text.whole.encode()) for text in texts)
    columns = {
        "codemix": figures(texts, encoder),
        "StarCoderData Python, as many bytes": figures(_of_bytes(peers, size), encoder),
        "StarCoderData Python, all": figures(peers, encoder),
    }
    _show_columns(columns, console)
    _show_topics(problems, console)
    _show_families(problems, console)


if __name__ == "__main__":
    main()
