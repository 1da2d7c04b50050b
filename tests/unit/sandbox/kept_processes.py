"""The processes that a server of a sandbox keeps, seen from outside."""

import os
from pathlib import Path


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        found.setdefault(parent, []).append(int(name))
    return found


def nurseries(server) -> dict[int, list[int]]:
    """The nurseries of an idle server, and what lives in each."""
    below = _children()
    first = server._process.pid
    if len(below.get(first, [])) == 1:  # it waits outside of its namespaces
        (first,) = below[first]
    found = {}
    for nursery in below.get(first, []):
        found[nursery], new = [], below.get(nursery, [])
        while new:
            found[nursery] += new
            new = [child for parent in new for child in below.get(parent, [])]
    return found


def only_what_is_kept(server) -> bool:
    """Whether there is nothing but nurseries, one for guests and one for judges, and one judge at most."""
    found = nurseries(server)
    return len(found) <= 2 and sum(map(len, found.values())) <= 1


def guests_nursery(server) -> int:
    """The one that works in the scratch folder. Needs the right to look."""
    (found,) = [nursery for nursery in nurseries(server) if os.readlink(f"/proc/{nursery}/cwd") != "/"]
    return found


def judges_nursery(server) -> int:
    (found,) = nurseries(server).keys() - {guests_nursery(server)}
    return found


def judge(server) -> int:
    (found,) = nurseries(server)[judges_nursery(server)]
    return found
