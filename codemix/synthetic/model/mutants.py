"""Mutants as source, for code that is run in the sandbox only."""

import ast
from collections.abc import Iterator
from random import Random

from codemix.synthetic.mutation import sites_of


def mutant_sources(source: str, random: Random, most: int) -> Iterator[str]:
    """At most `most` modules, each the source with one small mistake (`codemix.synthetic.mutation`)."""
    tree = ast.parse(source)
    sites = list(sites_of(tree))
    random.shuffle(sites)
    for site in sites[:most]:
        old = site.swap(site.mutant)
        try:
            yield ast.unparse(ast.fix_missing_locations(tree))
        finally:
            site.swap(old)
