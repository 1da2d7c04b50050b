"""Limits, levels, and who may have which."""

import dataclasses
import subprocess
import sys

import pytest

from codemix.errors import UserError
from codemix.sandbox import LEVELS, Isolation, Limits, Program, Sandbox, isolation


@pytest.mark.parametrize(
    ("field", "value"),
    [("cpu_seconds", 0), ("cpu_seconds", "3"), ("wall_seconds", float("inf")), ("wall_seconds", 1.0),
     ("memory_bytes", 1000), ("memory_bytes", 2.5e9), ("processes", -1), ("file_bytes", True), ("output_bytes", None)],
)  # fmt: skip
def test_a_wrong_limit_is_told(field, value):
    with pytest.raises(UserError, match=rf"^Limits\.{field} is .*give .*\.$"):
        Limits(**{field: value})


def test_a_wrong_sandbox_is_told():
    with pytest.raises(UserError, match=r"Sandbox\.workers is 0"):
        Sandbox(workers=0)
    with pytest.raises(UserError, match=r"Sandbox\.level is 'vm'"):
        Sandbox(level="vm")


def test_every_level_says_what_it_leaves_open():
    for level in LEVELS:
        for filtered in (True, False):
            for confined in (True, False):
                assert Isolation(level, filtered, confined, "own").leaves_open
    assert "the network" in Isolation("rlimits", False, False, "own").leaves_open
    assert not any("files" in what for what in Isolation("namespaces", True, False, "own").leaves_open)


def test_the_level_in_force_is_told():
    assert isolation().level in LEVELS
    assert str(isolation()).startswith(isolation().level)


@pytest.mark.parametrize(
    ("field", "value", "code", "word"),
    [
        ("file_bytes", 1000, "def f(x):\n    with open('a', 'wb') as file: file.write(bytes(10**5))", "OSError"),
        ("processes", 0, "import threading\ndef f(x):\n    threading.Thread(target=print).start()", "RuntimeError"),
        ("output_bytes", 10, "def f(x):\n    print('more than ten')", "10 bytes"),
    ],
)
def test_each_limit_limits(field, value, code, word):
    with Sandbox(dataclasses.replace(Limits(), **{field: value})) as sandbox:
        verdict = sandbox.run(Program(code, "assert f(1) is None"))
    assert not verdict.passed
    assert word in verdict.detail


AS_ANOTHER = """
import os, sys
from codemix.sandbox import Limits, Program, Sandbox, kernel

user, group = os.getuid(), os.getgid()
kernel.unshare(kernel.NEWUSER)
for file, text in (("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1")):
    with open(f"/proc/self/{file}", "w") as map:
        map.write(text)
if sys.argv[1] == "without":
    with open("/proc/sys/user/max_user_namespaces", "w") as most:
        most.write("0")
kernel.gain_no_privileges()
kernel.drop_privileges(None)
with Sandbox(Limits()) as sandbox:
    kinds = [sandbox.run(Program("def f(x): return x", f"assert f(1) == {n}")).kind for n in (1, 2)]
    print(os.getuid(), sandbox.isolation.level, sandbox.isolation.user, *kinds)
"""


@pytest.mark.skipif(isolation().level != "namespaces", reason="an ordinary user is played in a user namespace")
@pytest.mark.parametrize(("namespaces", "level"), [("with", "namespaces"), ("without", "seccomp")])
def test_an_ordinary_user_has_a_sandbox_with_or_without_namespaces(namespaces, level):
    told = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER, namespaces], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.stdout.split() == ["1000", level, "own", "passed", "failed"], told.stderr
