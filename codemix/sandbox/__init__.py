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
    environment, network or files but an empty scratch folder, in limits (`Limits`), and are killed as a tree.

What makes it fast
    A server is an interpreter started once (`-P -s -S`, no site-packages) that has entered its namespaces and imported
    the common modules of the standard library. In its room wait two nurseries, processes that are confined once and for
    all they fork: one forks a guest for each run, before anything of its request is read, the other one judges. A judge
    goes on to the next item when that has the same tests, if they keep to themselves (`effects`).

What keeps items from each other
    A program can harm neither the verdict of another nor that of the next one in its room; tests decide the verdicts of
    the items that they judge, and no others.

    - A guest shares nothing that it could write with its nursery: it is forked from it, has descriptors of its own, and
      may not send it signals that arrive (it is the first of its pid namespace), trace it, or set its limits.
    - After each run the nursery has killed and waited for every process below it, and finds the scratch folder never
      touched, or the room gets another nursery. Queues, semaphores and shared memory that would stay are refused.
    - Judges live in another pid namespace and, where there can be one, under another user. A judge is not used again
      after other tests, names that its program imported, a limit or a guest that ended; what it writes is a verdict of
      its item and nothing else.
    - When something that is kept ends, all of the room is ended, and the item run again in a new one.

    Without namespaces (levels 'seccomp' and 'rlimits') it is the same with the nursery as a subreaper; at 'rlimits' a
    program may end the room by signals, which costs its own verdict only.

What is run sees the standard library only, and one and the same hash seed and random state each time.
"""

from codemix.sandbox.isolation import LEVELS, Isolation
from codemix.sandbox.limits import Limits
from codemix.sandbox.program import NotObserved, Program, Verdict
from codemix.sandbox.sandbox import Sandbox, isolation

__all__ = ["LEVELS", "Isolation", "Limits", "NotObserved", "Program", "Sandbox", "Verdict", "isolation"]
