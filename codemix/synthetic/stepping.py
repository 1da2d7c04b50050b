"""Code that counts its own steps, so that what never ends is stopped where it runs.

Every turn of a loop or comprehension and every call of a function is a step. Unlike a trace function this costs some
100 ns a step, works in any thread, and does not depend on how busy the machine is.
"""

import ast
from time import perf_counter, thread_time

TICK = "_step_"
_SECONDS = (
    0.5  # of processor time: numbers that are squared again and again take few steps, each longer than all before
)


class OutOfSteps(BaseException):
    """Not an Exception, so that the code cannot catch it by chance."""


class Steps:
    """Counts down.

    Attributes:
        left: steps that remain.
    """

    def __init__(self) -> None:
        self.left = 0
        self._look_at = self._until = 0.0

    def allow(self, steps: int) -> None:
        """Begins anew."""
        self.left = steps
        self._look_at = perf_counter() + _SECONDS
        self._until = thread_time() + _SECONDS

    def step(self) -> bool:
        """Called by the code. Always true. Raises OutOfSteps."""
        self.left -= 1
        # The wall clock is cheap to read, and only the processor's tells a slow program from a busy machine.
        if self.left < 0 or (perf_counter() > self._look_at and thread_time() > self._until):
            raise OutOfSteps
        return True


class _Counted(ast.NodeTransformer):
    """Adds a step to every loop, comprehension and function."""

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        node.test = ast.BoolOp(ast.And(), [_call(), node.test])
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_call()))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_call()))
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.ifs.insert(0, _call())
        return node


def counted(tree: ast.Module) -> ast.Module:
    """The same module, changed in place, that calls `TICK` at every step."""
    return ast.fix_missing_locations(_Counted().visit(tree))


def _call() -> ast.expr:
    return ast.Call(ast.Name(TICK, ast.Load()), [], [])
