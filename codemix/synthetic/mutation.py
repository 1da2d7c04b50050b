"""Mutants: the solution with one small mistake each (DeMillo, Lipton and Sayward, Computer 11(4), 1978).

Operators: comparisons (boundary and negation), arithmetic, boolean connectives and negation, constants off by one,
conditions turned round, statements and results left out, arguments swapped, `break` for `continue`, and functions for
their opposites.
"""

import ast
import dataclasses
from collections.abc import Iterator
from random import Random
from types import CodeType

from codemix.synthetic.stepping import TICK, counted

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_SYMMETRIC = {"min", "max", "gcd", "lcm"}  # of two arguments these give the same in either order
_OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclasses.dataclass(frozen=True)
class _Site:
    """Where the tree is changed, and into what."""

    parent: ast.AST
    field: str
    place: int | None  # in a list of nodes
    mutant: ast.AST

    def swap(self, node: ast.AST) -> ast.AST:
        """Puts `node` there and gives what was there."""
        if self.place is None:
            old: ast.AST = getattr(self.parent, self.field)
            setattr(self.parent, self.field, node)
        else:
            nodes = getattr(self.parent, self.field)
            old, nodes[self.place] = nodes[self.place], node
        return old


def compiled(source: str) -> CodeType:
    """The solution itself, counting its steps."""
    return compile(counted(ast.parse(source)), "solution.py", "exec")


def mutants(source: str, random: Random, most: int) -> Iterator[CodeType]:
    """At most `most` mutants, each compiled and counting its steps, in an order of `random`."""
    tree = counted(ast.parse(source))
    sites = list(sites_of(tree))
    random.shuffle(sites)
    for site in sites[:most]:
        old = site.swap(site.mutant)
        try:
            yield compile(tree, "mutant.py", "exec")
        finally:
            site.swap(old)


def sites_of(parent: ast.AST) -> Iterator[_Site]:
    for field, value in ast.iter_fields(parent):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for place, child in children:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Import | ast.ImportFrom) or _uncounted(child):
                continue
            for mutant in _mutants_of(child, parent):
                ast.copy_location(mutant, child if hasattr(child, "lineno") else parent)
                yield _Site(parent, field, place, ast.fix_missing_locations(mutant))
            yield from sites_of(child)


def _uncounted(node: ast.AST) -> bool:
    """Whether the node is a docstring or counts a step."""
    if isinstance(node, ast.Expr):
        node = node.value
        if isinstance(node, ast.Constant):
            return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == TICK


def _mutants_of(node: ast.AST, parent: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the node's place. The children are shared with it."""
    if isinstance(node, ast.cmpop):
        yield from (other() for other in _COMPARISONS[type(node)])
    elif isinstance(node, ast.operator):
        if type(node) in _ARITHMETIC:
            yield _ARITHMETIC[type(node)]()
    elif isinstance(node, ast.boolop):
        if not any(_uncounted(value) for value in getattr(parent, "values", ())):
            yield ast.Or() if isinstance(node, ast.And) else ast.And()
    elif isinstance(node, ast.expr):
        yield from _expressions(node)
    elif isinstance(node, ast.Return):
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Break):
        yield ast.Continue()
    elif isinstance(node, ast.Continue):
        yield ast.Break()
    elif isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.If):
        yield ast.Pass()


def _expressions(node: ast.expr) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Name) and node.id in _OPPOSITES:
        yield ast.Name(_OPPOSITES[node.id], ast.Load())
    elif isinstance(node, ast.Call):
        swapped = len(node.args) == 2 and not any(isinstance(each, ast.Starred) for each in node.args)
        if swapped and not (isinstance(node.func, ast.Name) and node.func.id in _SYMMETRIC and not node.keywords):
            yield ast.Call(node.func, node.args[::-1], node.keywords)
        if isinstance(node.func, ast.Name) and node.func.id == "range":
            last = node.args[1] if len(node.args) > 1 else node.args[0]
            shorter = ast.BinOp(last, ast.Sub(), ast.Constant(1))
            bounds: list[ast.expr] = [node.args[0], shorter, *node.args[2:]] if len(node.args) > 1 else [shorter]
            yield ast.Call(node.func, bounds, node.keywords)


def _constants(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(value + 1.0)
    elif isinstance(value, str):
        yield ast.Constant(value + "?" if value else "?")
