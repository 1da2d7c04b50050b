# ruff: noqa: E501
"""Programs that try to get out, to stop the run, or to pass without being right.

Each is a wrong solution of `f(2) == 4`. None passes, the machine is untouched, and the next item is judged as ever.
"""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from kept_processes import only_what_is_kept

from codemix.sandbox import Program

TESTS = "def check(candidate):\n    assert candidate(2) == 4, 'four was wanted'\n    assert candidate(3) == 6\n"
RIGHT = Program("def f(x):\n    return 2 * x", TESTS, "f")
WRONG = "\ndef f(x):\n    return 5\n"

# Tries to be judged as right: nothing of these may work at any level.
FORGE = {
    "leaves with status 0": "import os\ndef f(x): os._exit(0)",
    "leaves at import": "import os\nos._exit(0)",
    "raises SystemExit(0)": "def f(x): raise SystemExit(0)",
    "is killed by itself": "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGKILL)",
    "prints success": "print('passed')\nprint('{\"kind\": \"passed\"}')" + WRONG,
    "equals everything": "class E:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n"
    "def f(x): return E()",
    "an int that equals everything": "class E(int):\n    def __eq__(self, o): return True\n    __hash__ = int.__hash__\n"
    "def f(x): return E(5)",
    "a str, list and dict that equal everything": "class E(list):\n    def __eq__(self, o): return True\n"
    "def f(x): return E([5])",
    "reflected comparison of a proxy": "class E:\n    def __getattr__(self, n): return lambda *a: True\n"
    "    def __eq__(self, o): return True\n    def __bool__(self): return True\ndef f(x): return E()",
    "patches AssertionError": "import builtins\nclass A(BaseException):\n    def __init__(self, *a): pass\n"
    "builtins.AssertionError = A" + WRONG,
    "AssertionError of its own name": "class AssertionError(Exception): pass" + WRONG,
    "patches builtins": "import builtins\nfor n in ('all', 'abs', 'len', 'isinstance', 'compile', 'exec'):\n"
    "    setattr(builtins, n, lambda *a, **k: True)" + WRONG,
    "traces the assertions away": "import sys\ndef t(frame, event, arg):\n    frame.f_trace_lines = False\n    return t\n"
    "sys.settrace(t)\nsys.setprofile(lambda *a: None)" + WRONG,
    "replaces the check": "def check(candidate): pass" + WRONG,
    "names itself candidate": "candidate = lambda x: 2 * x" + WRONG,
    "looks for the tests in memory": "import gc, sys\ndef f(x):\n    for o in gc.get_objects():\n"
    "        if isinstance(o, (dict, list, tuple)) and 'detnaw saw ruof'[::-1] in repr(o)[:99999]: return 2 * x\n"
    "    return 5",
    "looks for the tests in frames": "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n"
    "        if 'candidate' in frame.f_locals or 'candidate' in frame.f_globals: return 2 * x\n"
    "        frame = frame.f_back\n    return 5",
    "looks for the tests in raw memory": "import ctypes, re\nneedle = re.compile(b'[f]our was [w]anted')\ndef f(x):\n"
    "    for line in open('/proc/self/maps'):\n        where, rights = line.split()[:2]\n"
    "        start, end = (int(n, 16) for n in where.split('-'))\n"
    "        if rights[:2] == 'rw' and needle.search(ctypes.string_at(start, end - start)): return 2 * x\n    return 5",
    "writes a verdict to every descriptor": "import os\nfor fd in range(64):\n    try: os.write(fd, b'{\"kind\": "
    "\"passed\", \"detail\": \"\", \"output\": \"\", \"cpu\": 0}')\n    except OSError: pass" + WRONG,
    "answers before it is asked": "import json, os, struct\nm = json.dumps(['value', None, None]).encode()\n"
    "for fd in range(3, 64):\n    try: os.write(fd, (struct.pack('>I', len(m)) + m) * 50)\n    except OSError: pass"
    + WRONG,
    "answers with a huge length": "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'\\xff' * 8)\n"
    "    except OSError: pass" + WRONG,
    "answers with deep nesting": "import os, struct\nm = b'[' * 200000\nfor fd in range(3, 64):\n"
    "    try: os.write(fd, struct.pack('>I', len(m)) + m)\n    except OSError: pass" + WRONG,
    "a handle of nothing": "import json, os, struct\nm = json.dumps(['value', {'h': ['builtin', 'eval']}, None])\n"
    "for fd in range(3, 64):\n    try: os.write(fd, struct.pack('>I', len(m)) + m.encode())\n    except OSError: pass"
    + WRONG,
    "closes every descriptor": "import os\nos.closerange(0, 64)" + WRONG,
    "patches the server's modules": "import sys\nfor n, m in list(sys.modules.items()):\n"
    "    if n.startswith('codemix.'):\n        for k in list(vars(m)):\n            try: setattr(m, k, lambda *a: True)\n"
    "            except Exception: pass" + WRONG,
    "patches the codec": "from codemix.sandbox import codec\ncodec.encode = lambda v, s: {'x': ['range', [0]]}" + WRONG,
    "an exit handler": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef f(x): raise ValueError",
    "a finalizer": "import os\nclass F:\n    def __del__(self): os._exit(0)\nkept = F()" + WRONG,
    "a daemon thread leaves": "import os, threading, time\ndef go():\n    time.sleep(0.05)\n    os._exit(0)\n"
    "threading.Thread(target=go, daemon=True).start()\ndef f(x):\n    time.sleep(1)\n    return 5",
    "a thread that never ends": "import threading, time\nthreading.Thread(target=lambda: time.sleep(99)).start()" + WRONG,
    "an object whose pickle acts": "import os\nclass P:\n    def __reduce__(self): return os._exit, (0,)\n"
    "def f(x): return P()",
    "an exception that equals and prints success": "class X(Exception):\n    def __str__(self): return 'passed'\n"
    "def f(x): raise X('passed')",
    "an exception whose text acts": "import os\nclass X(Exception):\n    def __str__(self): os._exit(0)\n"
    "def f(x): raise X",
    "raises StopIteration": "def f(x): raise StopIteration",
    "raises AssertionError": "def f(x): raise AssertionError",
    "a signal handler": "import os, signal\nsignal.signal(signal.SIGXCPU, lambda *a: os._exit(0))\ndef f(x):\n"
    "    while True: pass",
    "a coroutine": "async def f(x): return 2 * x",
    "an import hook": "import sys\nclass H:\n    def find_spec(self, *a): raise SystemExit(0)\n"
    "sys.meta_path.insert(0, H())\nimport nothing_of_the_name" + WRONG,
    "rewrites the interpreter's integers": "import ctypes\ndef f(x):\n"
    "    ctypes.memmove(id(5) + 24, id(4) + 24, 4)\n    return 6",
}  # fmt: skip

# Tries to stop the run.
STOP = {
    "an endless loop": "def f(x):\n    while True: pass",
    "a loop that catches all": "def f(x):\n    while True:\n        try:\n            while True: pass\n"
    "        except BaseException: pass",
    "sleep": "import time\ndef f(x): time.sleep(1000)",
    "reads standard input": "import sys\ndef f(x): return sys.stdin.read() or 5",
    "a fork bomb": "import os\ndef f(x):\n    while True:\n        try: os.fork()\n        except OSError: return 5",
    "threads without end": "import threading, time\ndef f(x):\n    while True:\n"
    "        threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
    "an orphan in a session of its own": "import os, time\ntry:\n    if not os.fork():\n        os.setsid()\n"
    "        if not os.fork():\n            while True: time.sleep(1)\nexcept OSError: pass" + WRONG,
    "memory": "def f(x):\n    y = 'y'\n    while True: y += y",
    "memory in pieces": "def f(x):\n    y = []\n    while True: y.append(bytearray(10**6))",
    "a number without end": "def f(x): return 9 ** 9 ** 9",
    "a regular expression without end": "import re\ndef f(x): return re.match('(a+)+$', 'a' * 60 + 'b')",
    "output without end": "def f(x):\n    while True: print('z' * 1000)",
    "output in a thread": "import threading\ndef go():\n    while True: print('z' * 1000)\n"
    "threading.Thread(target=go, daemon=True).start()" + WRONG,
    "a result without end": "def f(x):\n    return 'z' * 10**8",
    "an iterator without end": "import itertools\ndef f(x): return itertools.count()",
    "a cyclic list": "y = []\ny.append(y)\ndef f(x): return y",
    "a deep list": "def f(x):\n    y = []\n    for _ in range(10**5): y = [y]\n    return y",
    "deep recursion": "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return f(x)",
    "deep source": "y = " + "(" * 3000 + ")" * 3000 + WRONG,
    "a crash of the interpreter": "import ctypes\ndef f(x): ctypes.string_at(1)",
    "a file without end": "def f(x):\n    with open('a', 'wb') as file:\n        while True: file.write(bytes(10**6))",
    "files without end": "def f(x):\n    for i in range(10**9): open(f'a{i}', 'w').close()",
    "descriptors without end": "import os\nkept = []\ndef f(x):\n    while True: kept.append(open(os.devnull))",
    "raises its limits": "import resource\nfor w in range(16):\n    try:\n"
    "        resource.setrlimit(w, (resource.RLIM_INFINITY,) * 2)\n    except (OSError, ValueError): pass\n"
    "def f(x):\n    y = 'y'\n    while True: y += y",
    "stops itself": "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGSTOP)",
    "stops its judge": "import os, signal\nfor p in (1, os.getppid()):\n    for s in (signal.SIGSTOP, signal.SIGINT,"
    " signal.SIGKILL):\n        try: os.kill(p, s)\n        except OSError: pass" + WRONG,
}  # fmt: skip

# Tries to reach beyond: what it got, it returns as 4, and so would pass.
REACH = {
    "reads a file": "def f(x): return 2 * x if 'secret' in open({secret!r}).read() else 5",
    "writes a file": "def f(x):\n    open({made!r}, 'w').write('x')\n    return 2 * x",
    "deletes a file": "import os\ndef f(x):\n    os.unlink({secret!r})\n    return 2 * x",
    "opens it by the root of another": "import os\ndef f(x):\n"
    "    open(f'/proc/{{os.getppid()}}/root' + {secret!r})\n    return 2 * x",
    "follows a symbolic link": "import os\ndef f(x):\n    os.symlink({secret!r}, 'link')\n"
    "    return 2 * x if open('link').read() else 5",
    "makes a hard link": "import os\ndef f(x):\n    os.link({secret!r}, 'hard')\n    return 2 * x",
    "climbs out of a changed root": "import os\ndef f(x):\n    os.mkdir('r')\n    os.chroot('r')\n"
    "    for _ in range(30): os.chdir('..')\n    os.chroot('.')\n    return 2 * x if open({secret!r}).read() else 5",
    "lists the home": "import os\ndef f(x):\n"
    "    seen = [os.path.join({home!r}, n, '') for n in os.listdir({home!r})]\n"
    "    return 2 * x if any(not {prefix!r}.startswith(n) for n in seen) else 5",
    "reads the users": "def f(x): return 2 * x if open('/etc/passwd').read() else 5",
    "reads the repository": "def f(x): return 2 * x if open({repository!r}).read() else 5",
    "writes the standard library": "import os\ndef f(x):\n    open(os.__file__ + 'x', 'w').close()\n    return 2 * x",
    "reads the environment": "import os\ndef f(x): return 2 * x if 'SECRET_OF_HOST' in os.environ else 5",
    "reads the environment of another": "import os\ndef f(x):\n    found = b''\n"
    "    for p in ('self', os.getppid(), {victim}):\n        found += open(f'/proc/{{p}}/environ', 'rb').read()\n"
    "    return 2 * x if b'SECRET_OF_HOST' in found else 5",
    "writes the memory of another": "import os\ndef f(x):\n    open(f'/proc/{{os.getppid()}}/mem', 'r+b')\n"
    "    return 2 * x",
    "reads the memory of another": "import ctypes, os\nclass V(ctypes.Structure):\n"
    "    _fields_ = [('a', ctypes.c_void_p), ('n', ctypes.c_size_t)]\ndef f(x):\n    to = ctypes.create_string_buffer(8)\n"
    "    here, there = V(ctypes.addressof(to), 8), V(id(x), 8)\n    got = ctypes.CDLL(None).process_vm_readv("
    "os.getppid(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0)\n    return 2 * x if got == 8 else 5",
    "traces another": "import ctypes, os\ndef f(x):\n    libc = ctypes.CDLL(None)\n"
    "    return 2 * x if libc.ptrace(16, os.getppid(), 0, 0) == 0 else 5",
    "takes a descriptor of another": "import ctypes, os\ndef f(x):\n    libc = ctypes.CDLL(None)\n"
    "    p = libc.syscall(434, os.getppid(), 0)\n    return 2 * x if p >= 0 and libc.syscall(438, p, 0, 0) >= 0 else 5",
    "kills another": "import os\ndef f(x):\n    os.kill({victim}, 9)\n    return 2 * x",
    "kills everybody": "import os, signal\ndef f(x):\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "    os.kill(-1, 15)\n    os.kill({victim}, 0)\n    return 2 * x",
    "connects": "import socket\ndef f(x):\n    socket.create_connection(('127.0.0.1', {port}), 1)\n    return 2 * x",
    "listens": "import socket\ndef f(x):\n    s = socket.socket()\n    s.bind(('127.0.0.1', 0))\n    s.listen()\n"
    "    return 2 * x",
    "sends a datagram": "import socket\ndef f(x):\n    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "    s.sendto(b'x', ('127.0.0.1', {port}))\n    return 2 * x",
    "connects to a socket of files": "import socket\ndef f(x):\n    s = socket.socket(socket.AF_UNIX)\n"
    "    s.connect({unix!r})\n    return 2 * x",
    "connects to an abstract socket": "import socket\ndef f(x):\n    s = socket.socket(socket.AF_UNIX)\n"
    "    s.connect({abstract!r})\n    return 2 * x",
    "resolves a name": "import urllib.request\ndef f(x):\n    urllib.request.urlopen('http://localhost:{port}', timeout=1)\n"
    "    return 2 * x",
    "starts a program": "import subprocess, sys\ndef f(x):\n    subprocess.run([{python!r}, '-c', 'print(1)'], check=True)\n"
    "    return 2 * x",
    "starts a shell": "import os\ndef f(x): return 2 * x if os.system('true') == 0 else 5",
    "becomes a program": "import os\ndef f(x): os.execv({python!r}, [{python!r}, '-c', 'pass'])",
    "runs machine code of its own making": "import ctypes, os\ndef f(x):\n"
    "    fd = ctypes.CDLL(None).memfd_create(b'x', 0)\n    if fd < 0: return 5\n"
    "    os.write(fd, b'#!/bin/sh\\n')\n    return 2 * x",
    "becomes root": "import os\ndef f(x):\n    os.setgroups([0])\n    return 2 * x",
    "makes a user namespace": "import ctypes\ndef f(x):\n    return 2 * x if ctypes.CDLL(None).unshare(0x10000000) == 0 "
    "else 5",
    "clones into a user namespace": "import ctypes\ndef f(x):\n"
    "    return 2 * x if ctypes.CDLL(None).syscall(56, 0x10000000 | 17, 0, 0, 0, 0) >= 0 else 5",
    "mounts": "import ctypes\ndef f(x):\n    return 2 * x if ctypes.CDLL(None).mount(b'p', b'/tmp', b'proc', 0, None) == 0 "
    "else 5",
    "makes a device": "import os, stat\ndef f(x):\n    os.mknod('d', stat.S_IFBLK | 0o600, os.makedev(254, 0))\n"
    "    return 2 * x",
    "makes a set-user-id file": "import os\ndef f(x):\n    open('s', 'w').close()\n    os.chown('s', 0, 0)\n"
    "    os.chmod('s', 0o4755)\n    return 2 * x if os.stat('/').st_uid == 0 and os.getuid() else 5",
    "leaves shared memory": "import ctypes\ndef f(x):\n    libc = ctypes.CDLL(None)\n"
    "    return 2 * x if libc.shmget(0x5EC4E7, 4096, 0o666) >= 0 else 5",
    "a ring of system calls": "import ctypes\ndef f(x):\n"
    "    return 2 * x if ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(200)) >= 0 else 5",
    "sets the host's name": "import socket\ndef f(x):\n    socket.sethostname('taken')\n    return 2 * x",
    "sets the clock": "import time\ndef f(x):\n    time.clock_settime(time.CLOCK_REALTIME, time.time())\n    return 2 * x",
    "loads a kernel module": "import ctypes\ndef f(x):\n"
    "    return 2 * x if ctypes.CDLL(None).syscall(313, 0, b'', 0) == 0 else 5",
    "raises its priority": "import os\ndef f(x):\n    os.nice(-5)\n    return 2 * x",
    "reads the kernel's log": "import ctypes\ndef f(x):\n    b = ctypes.create_string_buffer(99)\n"
    "    return 2 * x if ctypes.CDLL(None).klogctl(3, b, 99) >= 0 else 5",
}  # fmt: skip


@dataclass
class Host:
    """What a program must not reach."""

    secret: Path
    victim: subprocess.Popen
    servers: list[socket.socket]
    names: dict[str, object]


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("host")
    secret = folder / "secret.txt"
    secret.write_text("secret")
    folder.chmod(0o755)
    port = socket.create_server(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(folder / "socket"))
    unix.listen()
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0codemix-test-{os.getpid()}")
    abstract.listen()
    victim = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    names = {
        "secret": str(secret),
        "made": str(folder / "made"),
        "home": str(Path.home()),
        "prefix": f"{sys.base_prefix}/lib/",
        "repository": __file__,
        "victim": victim.pid,
        "port": port.getsockname()[1],
        "unix": str(folder / "socket"),
        "abstract": f"\0codemix-test-{os.getpid()}",
        "python": os.path.realpath(sys.executable),
    }
    before = os.environ.get("SECRET_OF_HOST")
    os.environ["SECRET_OF_HOST"] = "1"
    servers = [port, unix, abstract]
    for server in servers:
        server.setblocking(False)
    yield Host(secret, victim, servers, names)
    del os.environ["SECRET_OF_HOST"]
    assert before is None
    victim.kill()
    victim.wait()
    for server in servers:
        server.close()


def untouched(host: Host) -> bool:
    for server in host.servers:
        with pytest.raises(BlockingIOError):
            server.accept()
    return (
        host.secret.read_text() == "secret"
        and host.secret.stat().st_nlink == 1
        and sorted(path.name for path in host.secret.parent.iterdir()) == ["secret.txt", "socket"]
        and host.victim.poll() is None
    )


def tried(sandbox, code, host):
    servers = [server._process.pid for server in sandbox._servers]
    verdict = sandbox.run(Program(code, TESTS, "f"))
    assert not verdict.passed, verdict
    assert len(verdict.output) <= sandbox.limits.output_bytes
    assert untouched(host)
    if [server._process.pid for server in sandbox._servers] != servers:
        assert sandbox.isolation.level == "rlimits"  # which alone lets a program end its server
    assert all(only_what_is_kept(server) for server in sandbox._servers)
    assert sandbox.run(RIGHT).passed
    return verdict


@pytest.mark.parametrize("name", FORGE)
def test_a_wrong_program_does_not_pass(leveled, host, name):
    tried(leveled, FORGE[name], host)


@pytest.mark.parametrize("name", STOP)
def test_a_run_is_not_stopped(sandbox, host, name):
    tried(sandbox, STOP[name], host)


@pytest.mark.parametrize("name", REACH)
def test_nothing_beyond_is_reached(leveled, host, name):
    if leveled.isolation.level == "rlimits":
        pytest.skip("this level leaves files and sockets open")
    tried(leveled, REACH[name].format(**host.names), host)
