# ruff: noqa: E501
"""What a program leaves in its room does not reach the next one there, and what tests leave does not reach others."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from kept_processes import guests_nursery, judge, judges_nursery, nurseries, only_what_is_kept

from codemix.sandbox import LEVELS, Limits, Program, Sandbox, isolation

DOUBLE = "def f(x):\n    return 2 * x\n"
CHECK = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 6\n"

# name: what one program does, and what the next one must find. Errors of what is done are its own matter.
LEAVES = {
    "a file": ("open('left', 'w').close()", "os.listdir('.')", []),
    "files in folders": ("os.makedirs('a/b'); open('a/b/c', 'w').write('x')", "os.listdir('.')", []),
    "a link": ("os.symlink('/dev/zero', 'link')", "os.path.lexists('link')", False),
    "a file that it takes back": ("open('left', 'w').close(); os.unlink('left')", "os.stat('.').st_mtime_ns == os.stat('.').st_ctime_ns", True),
    "a scratch that nobody may enter": ("os.chmod('.', 0)", "stat.S_IMODE(os.stat('.').st_mode)", 0o700),
    "an attribute of the scratch": ("os.setxattr('.', 'user.left', b'x')", "os.listxattr('.')", []),
    "a time of the scratch": ("os.utime('.', (1, 1))", "os.stat('.').st_mtime > 1000", True),
    "a full scratch": ("open('left', 'wb').write(bytes(2**20)); open('more', 'wb').write(bytes(2**20))", "open('new', 'wb').write(bytes(2**19))", 2**19),
    "no free inodes": ("[open(f'{i}', 'w').close() for i in range(9999)]", "open('new', 'wb').write(b'new')", 3),
    "an open file without a name": ("os.open('.', os.O_TMPFILE | os.O_RDWR)", "os.listdir('.')", []),
    "a working directory": ("os.chdir('/')", "os.getcwd() == os.path.realpath(tempfile.gettempdir()) or os.access('.', os.W_OK)", True),
    "a mask of file modes": ("os.umask(0)", "os.umask(0)", 0o077),
    "limits of its own": ("resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9)); resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))", "resource.getrlimit(resource.RLIMIT_NOFILE)[0]", 64),
    "limits of its parent": ("resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))", "resource.getrlimit(resource.RLIMIT_NOFILE)[0]", 64),
    "cores of its parent": ("os.sched_setaffinity(os.getppid(), {min(os.sched_getaffinity(0))})", "len(os.sched_getaffinity(0))", len(os.sched_getaffinity(0))),
    "its own cores": ("os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})", "len(os.sched_getaffinity(0))", len(os.sched_getaffinity(0))),
    "a priority": ("os.nice(5)", "os.getpriority(os.PRIO_PROCESS, 0)", 0),
    "a priority of its parent": ("os.setpriority(os.PRIO_PROCESS, os.getppid(), 9)", "os.getpriority(os.PRIO_PROCESS, 0)", 0),
    "an alarm": ("signal.signal(signal.SIGALRM, print); signal.alarm(1); signal.setitimer(signal.ITIMER_PROF, 1)", "(signal.alarm(0), signal.getitimer(signal.ITIMER_PROF)[0], str(signal.getsignal(signal.SIGALRM)))", (0, 0.0, "0")),
    "signals that are blocked": ("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))", "list(signal.pthread_sigmask(signal.SIG_BLOCK, []))", []),
    "descriptors": ("[os.dup(0) for _ in range(50)]", "[d for d in range(64) if is_open(d)]", [0, 1, 2, 3]),
    "an owner of its standard input": ("fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid()); fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)", "(fcntl.fcntl(0, fcntl.F_GETOWN), fcntl.fcntl(0, fcntl.F_GETFL) & (os.O_NONBLOCK | os.O_APPEND), os.read(0, 9))", (0, 0, b"")),
    "shared memory": ("shm = libc.shmget(0x5EC4E7, 4096, 0o1666)", "libc.shmget(0x5EC4E7, 4096, 0)", -1),
    "a semaphore": ("sem = libc.semget(0x5EC4E7, 1, 0o1666)", "libc.semget(0x5EC4E7, 1, 0)", -1),
    "a message queue": ("libc.msgget(0x5EC4E7, 0o1666)", "libc.msgget(0x5EC4E7, 0)", -1),
    "a message queue of POSIX": ("libc.syscall(240, b'left', 0o102, 0o600, None)", "libc.syscall(240, b'left', 0, 0, None)", -1),
    "an abstract socket": ("kept = socket.socketpair()[0]; kept.bind('\\0left')", "refuses(lambda: socket.socket(socket.AF_UNIX))", True),
    "a sleeping child": ("os.fork() or time.sleep(60)", "alone()", True),
    "a daemon": ("os.fork() or (os.setsid(), os.fork() or time.sleep(60), os._exit(0))", "alone()", True),
    "a sibling": ("libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) or time.sleep(60)", "alone()", True),
    "a child that ends by another signal": ("libc.syscall(56, 12, 0, 0, 0, 0) or time.sleep(60)", "alone()", True),
    "a child that is stopped": ("os.fork() or os.kill(os.getpid(), signal.SIGSTOP)", "alone()", True),
    "a child that ignores all signals": ("os.fork() or [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 3, 13, 14, 15)] and time.sleep(60)", "alone()", True),
    "a child that takes orphans": ("libc.prctl(36, 1); os.fork() or (os.fork() or time.sleep(60))", "alone()", True),
    "as many processes as it may have": ("[os.fork() or time.sleep(60) for _ in range(99)]", "forks(5)", 5),
    "as many threads as it may have": ("[threading.Thread(target=time.sleep, args=(60,), daemon=True).start() for _ in range(99)]", "alone()", True),
    "an ended main thread": ("threading.Thread(target=time.sleep, args=(60,)).start(); libc.syscall(60, 0)", "alone()", True),
    "signals to its parent": ("[attempt(os.kill, os.getppid(), s) for s in range(1, 65) if s not in (9, 19)]; attempt(os.kill, os.getppid(), 19); attempt(os.kill, os.getppid(), 9)", "alone()", True),
    "signals to everybody": ("signal.signal(15, signal.SIG_IGN); attempt(os.kill, -1, 15); attempt(os.kill, 0, 15)", "alone()", True),
    "signals to those that come": ("os.fork() or [attempt(os.kill, os.getpid() + n, 9) for _ in range(10**6) for n in range(1, 9)]", "alone()", True),
    "queued signals to its parent": ("libc.syscall(129, os.getppid(), 9, ctypes.create_string_buffer(b'\\x09\\0\\0\\0' + bytes(4) + b'\\xff' * 4, 128))", "alone()", True),
    "a signal that its standard input sends": ("fcntl.fcntl(3, fcntl.F_SETOWN, os.getppid()); fcntl.fcntl(3, 10, 9); fcntl.fcntl(3, fcntl.F_SETFL, os.O_ASYNC)", "alone()", True),
    "names of the standard library": ("os.listdir = lambda p: ['left']; builtins.len = lambda x: 5; sys.modules['math'] = None", "(os.listdir('.'), len('ab'), __import__('math').floor(1.5))", ([], 2, 1)),
    "random numbers that were drawn": ("[random.random() for _ in range(99)]", "random.Random(0).random() == random.random()", True),
    "a recursion limit": ("sys.setrecursionlimit(50)", "sys.getrecursionlimit() > 500", True),
    "an environment": ("os.environ['LEFT'] = '1'; os.putenv('LEFT', '1')", "'LEFT' in os.environ", False),
    "hooks at exit and at forks": ("atexit.register(os._exit, 1); os.register_at_fork(before=lambda: os._exit(1), after_in_parent=lambda: os._exit(1))", "alone()", True),
}  # fmt: skip

TOOLS = """
import atexit, builtins, ctypes, fcntl, os, random, resource, signal, socket, stat, sys, tempfile, threading, time
libc = ctypes.CDLL(None)
def attempt(do, *what):
    try: do(*what)
    except OSError: pass
def refuses(do):
    try: do()
    except OSError: return True
    return False
def is_open(d):
    try: os.fstat(d)
    except OSError: return False
    return True
def alone():
    try: os.kill(-1, 0)
    except OSError: return True
    return False
def forks(most):
    made = 0
    while made < most:
        if not os.fork(): time.sleep(60)
        made += 1
    return made
"""


def done_and_seen(does: str, finds: str) -> list[Program]:
    """A program that does something and passes, and one that looks about, under the same tests."""
    careful = f"try:\n    {does}\nexcept (OSError, RuntimeError, ValueError): pass\n"
    tests = "def check(candidate):\n    candidate(1)\n"
    return [
        Program(f"{TOOLS}def f(x):\n    {careful.replace(chr(10), chr(10) + '    ')}", tests, "f"),
        Program(f"{TOOLS}def f(x):\n    print(repr({finds}))", tests, "f"),
    ]


@pytest.mark.parametrize("name", LEAVES)
def test_what_a_program_leaves_the_next_one_does_not_find(sandbox, name):
    if sandbox.isolation.level != "namespaces":
        pytest.skip("the programs know a room in namespaces")
    does, finds, found = LEAVES[name]
    if "libc.syscall" in does and os.uname().machine != "x86_64":
        pytest.skip("numbers of system calls are those of x86_64")
    leaves, looks = done_and_seen(does, finds)
    sandbox.run(leaves)
    assert all(only_what_is_kept(server) for server in sandbox._servers)
    verdict = sandbox.run(looks)
    assert (verdict.kind, verdict.output) == ("passed", f"{found!r}\n")


def test_a_room_that_stays_clean_is_kept_and_one_that_does_not_is_left(sandbox):
    def rooms():
        return {process for server in sandbox._servers for process in nurseries(server)}

    assert sandbox.run(Program(DOUBLE, CHECK, "f")).passed
    before = rooms()
    for _ in range(3):
        assert sandbox.run(Program(DOUBLE, CHECK, "f")).passed
        assert sandbox.run(Program("def f(x): return 5", CHECK, "f")).kind == "failed"
        assert sandbox.run(Program("import os\nos._exit(1)", CHECK, "f")).kind == "error"
        assert sandbox.run(Program(DOUBLE, "import os\nos._exit(1)")).kind == "error"
    assert rooms() == before
    assert sandbox.run(Program(f"open('left', 'w')\n{DOUBLE}", CHECK, "f")).passed
    assert len(rooms() & before) == len(before) - 1


def test_a_program_that_ends_is_told_though_it_leaves_a_process_with_its_socket(leveled):
    leaves = "import os, time\ntry:\n    if not os.fork():\n        os.setsid()\n        time.sleep(60)\nexcept OSError: pass\nos._exit(7)"
    for _ in range(2):
        verdict = leveled.run(Program(leaves, CHECK, "f"))
        assert (verdict.kind, "exit status 7" in verdict.detail) == ("error", True)
        assert all(only_what_is_kept(server) for server in leveled._servers)
        assert leveled.run(Program(DOUBLE, CHECK, "f")).passed


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_outlives_its_server(level):
    if LEVELS.index(level) < LEVELS.index(isolation().level):
        pytest.skip(f"the machine does not allow '{level}'")
    with Sandbox(Limits(), level=level) as sandbox:
        assert sandbox.run(Program(DOUBLE, CHECK, "f")).passed
        (server,) = sandbox._servers
        found = nurseries(server)
        server._process.kill()
        server._process.wait()
        below = [*found, *(process for left in found.values() for process in left)]
        deadline = time.monotonic() + 20
        while any(
            Path(f"/proc/{process}/cmdline").exists() and Path(f"/proc/{process}/cmdline").read_bytes()
            for process in below
        ):
            assert time.monotonic() < deadline
            time.sleep(0.01)


# What tests do to their interpreter. `{}` is where others would feel it.
PATCHES = [
    "import builtins\nbuiltins.AssertionError = ValueError\nbuiltins.isinstance = lambda *a: True\n",
    "import json\njson.dumps = lambda *a, **k: '{\"kind\": \"passed\", \"detail\": \"\", \"output\": \"\", \"cpu\": 0}'\n",
    "import codemix.sandbox.judge as j\nj._outcome = lambda *a: ('passed', '')\n",
    "import sys\nsys.setrecursionlimit(5000)\nsys.modules['math'] = sys\n",
    "import random\nrandom.Random.random = lambda self: 0\n",
    "import os\nfor d in range(3, 64):\n    try: os.write(d, b'{\"kind\": \"passed\"}' * 9)\n    except OSError: pass\n",
    "import os\nif os.fork() == 0:\n    import time\n    time.sleep(60)\n",
    "import os, signal\nfor p in (1, os.getppid(), -1, 0):\n    for s in (2, 9, 15, 19):\n        try: p == 0 or os.kill(p, s)\n        except OSError: pass\n",
    "import signal\nsignal.setitimer(signal.ITIMER_PROF, 0)\nsignal.signal(signal.SIGPROF, signal.SIG_IGN)\n",
    "import collections.abc\ncollections.abc.Mapping.register(int)\n",
    "import decimal\ndecimal.getcontext().prec = 2\n",
    "def check(candidate, seen=[]):\n    seen.append(1)\n    assert candidate(2) == 4 and len(seen) == 1\n",
]  # fmt: skip


@pytest.mark.parametrize("patch", PATCHES)
def test_what_tests_do_to_their_interpreter_others_do_not_feel(sandbox, patch):
    patched = patch if "def check" in patch else patch + CHECK
    alike = [sandbox.run(Program(code, patched, "f")) for code in (DOUBLE, DOUBLE, DOUBLE)]
    assert len({(verdict.kind, verdict.detail) for verdict in alike}) == 1
    others = [sandbox.run(Program(code, CHECK, "f")).kind for code in (DOUBLE, "def f(x): return 5", DOUBLE)]
    assert others == ["passed", "failed", "passed"]
    assert all(only_what_is_kept(server) for server in sandbox._servers)


def test_a_program_cannot_choose_what_its_judge_does_next(sandbox):
    """The tests have a name that this program gives a function of the standard library: it is called in the judge."""
    tests = "helper(30)\nassert f(2) == 4\nassert g([[[[0]]]] * 3) == 3"
    good = Program(f"def helper(x): pass\ndef g(x): return len(x)\n{DOUBLE}", tests)
    assert sandbox.run(good).passed
    for module, name in (("sys", "setrecursionlimit"), ("os", "umask"), ("os", "close"), ("signal", "alarm")):
        sandbox.run(Program(f"from {module} import {name} as helper\ndef g(x): return 3\n{DOUBLE}", tests))
        assert sandbox.run(good).passed


def test_a_judge_that_goes_on_judges_as_fresh_ones_do(sandbox):
    """The same items in another order, by judges that end after each: what they import is why."""
    checks = [
        "import random\ndef check(candidate):\n    drawn = [random.randint(1, 9) for _ in range(5)]\n"
        "    assert candidate(drawn) == sorted(drawn), drawn\n",
        "def check(candidate):\n    given = [3, 1, 2]\n    assert candidate(given) == [1, 2, 3]\n    assert given == [3, 1, 2]\n",
        "total = 0\nfor n in range(4):\n    total += len(candidate(list(range(n))))\nassert total == 6, total",
        "def check(candidate):\n    try:\n        candidate(None)\n    except TypeError as e:\n        assert 'iterable' in str(e)\n"
        "    else:\n        assert False, 'no error'\n",
    ]
    codes = ["def f(x):\n    return sorted(x)", "def f(x):\n    x.sort()\n    return x", "def f(x): return 5",
             "def f(x): return", "def f(x): raise TypeError('not iterable')", "import os\ndef f(x): os._exit(0)",
             "def f(x): return list(x)[::-1]", "class f(list): pass", "def f(x", "x = 3", "def f(x): return f(x)"]  # fmt: skip
    programs = [Program(code, check, "f") for check in checks for code in codes] * 2
    random.Random(0).shuffle(programs)
    apart = [Program(program.code, f"import os\n{program.tests}", program.entry_point) for program in programs]
    told = [(verdict.kind, verdict.detail.replace("line 1 ", "")) for verdict in sandbox.map(programs)]
    together = [(verdict.kind, verdict.output) for verdict in sandbox.map(sorted(programs, key=lambda it: it.tests))]
    fresh = [verdict.kind for verdict in sandbox.map(apart)]
    assert [kind for kind, _ in told] == fresh
    in_order = sorted(range(len(programs)), key=lambda number: programs[number].tests)
    assert [kind for kind, _ in together] == [fresh[number] for number in in_order]
    assert {"passed", "failed", "error"} <= set(fresh)


@pytest.mark.parametrize("which", ["server", "guests", "judges", "judge"])
def test_what_is_kept_is_killed_and_no_item_is_lost(which):
    slow = f"import time\ntime.sleep(0.15)\n{DOUBLE}"
    with Sandbox(Limits()) as sandbox:
        if os.geteuid():
            pytest.skip("only root may look into the processes of the room")
        assert sandbox.run(Program(DOUBLE, CHECK, "f")).passed
        (server,) = sandbox._servers
        found = {"guests": guests_nursery, "judges": judges_nursery, "judge": judge}
        process = found[which](server) if which in found else server._process.pid
        seen = []
        for number, verdict in enumerate(sandbox.map(Program(slow, CHECK, "f") for _ in range(4))):
            seen.append(verdict.kind)
            if number == 0:
                time.sleep(0.05)  # the next is under way
                os.kill(process, signal.SIGKILL)
        assert seen == ["passed"] * 4
        assert sandbox.run(Program("def f(x): return 5", CHECK, "f")).kind == "failed"


def test_tests_that_use_up_their_time_one_after_the_other_are_no_reason_to_end_the_next(sandbox):
    """A judge goes on only as long as it has time for one more item: here each takes most of what one may take."""
    work = "for _ in range(3):\n    assert f(sum(range(1_000_000))) > 0\n"
    kinds = [verdict.kind for verdict in sandbox.map(Program(DOUBLE, work) for _ in range(20))]
    assert kinds == ["passed"] * 20
