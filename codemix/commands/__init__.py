"""The commands of the command line, a module each: what it is for (`HELP`), its flags (`add_arguments`), what it does
(`run`). Heavy imports are inside their functions, so that --help answers at once. They are told in this order.

`run(parsed, console)` is given the flags, and beside them `overrides`, the bindings that --gin.Class.field=value set,
and `beam_options`, what follows a --.
"""

NAMES = (
    "plan",
    "prepare",
    "data",
    "generate",
    "audit",
    "run",
    "launch",
    "status",
    "train",
    "evaluate",
    "judge",
    "report",
    "export",
    "import",
)
