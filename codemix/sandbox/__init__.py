"""Where code that a model or a dataset wrote is run, and nowhere else.

    with Sandbox(Limits()) as sandbox:
        verdict = sandbox.run(Program(code=completion, tests=tests, entry_point='add'))

What keeps a failing program from passing
    The tests run in a process (the judge) that never executes the program; the program runs in another (the guest), and
    its functions are called over a socket. Only plain data crosses, in a codec of our own, and a comparison with a
    plain value is made by the judge. So there is nothing in the guest to patch, forge or find: it has neither the
    tests, nor the expected values, nor the verdict's channel, and whatever it writes to its own socket is no more than
    the value of a call. An object that cannot cross stays where it is and is used through a handle; what it answers
    about itself (its attributes, its length, its truth) is the program's own answer, but `==`, `<` and arithmetic
    between it and a plain value are not asked of it. Running both in one interpreter, as is common, rests on nobody
    patching `assert`'s exception, printing the right word or leaving by `os._exit(0)`; there is no such mode here.

What keeps the host from harm
    Both processes run at the strongest level of isolation that the machine allows (`isolation`), without privileges,
    environment, network or files but a fresh scratch folder, in limits (`Limits`), and are killed as a tree.

What makes it fast
    A server is an interpreter started once (`-P -s -S`, no site-packages) that has entered its namespaces and imported
    the common modules of the standard library; a run is two forks of it. Each run forks before its request is read, so
    that a guest finds nothing of its tests, and no earlier run's, in its memory.

What is run sees the standard library only, and one and the same hash seed and random state each time.
"""

from codemix.sandbox.isolation import LEVELS, Isolation
from codemix.sandbox.limits import Limits
from codemix.sandbox.program import NotObserved, Program, Verdict
from codemix.sandbox.sandbox import Sandbox, isolation

__all__ = ["LEVELS", "Isolation", "Limits", "NotObserved", "Program", "Sandbox", "Verdict", "isolation"]
