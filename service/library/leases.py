"""Leases: one request writes an upload at a time, one worker has a job under way.

A lease names its process, and the machine that this runs on. On its machine the lease of a process that died ends with
it, so that a client can go on as soon as the service is back, or on the `serve` beside it; elsewhere it runs out.
"""

import hashlib
import os
from functools import cache
from pathlib import Path

from service.work import Work

_HELD: set[str] = set()
"""Of this process."""


@cache
def machine() -> str:
    """Seven characters for this boot of this machine, and for the space of process ids, of which containers have their
    own (proc_sys_kernel(5), pid_namespaces(7))."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    return hashlib.sha256((boot + os.readlink("/proc/self/ns/pid")).encode()).hexdigest()[:7]


def new(work: Work) -> str:
    """A lease of this process, at most 26 characters; `end` it."""
    lease = f"{os.getpid()}-{machine()}-{work.ids()[-10:]}"
    _HELD.add(lease)
    return lease


def end(lease: str) -> None:
    """Its request is over."""
    _HELD.discard(lease)


def orphaned(lease: str) -> bool:
    """Whether it is of this machine, and the process that held it has ended."""
    process, _, rest = lease.partition("-")
    if not rest.startswith(machine()):
        return False
    pid = int(process)
    if pid == os.getpid():
        return lease not in _HELD
    try:
        os.kill(pid, 0)  # asks only whether it exists (kill(2))
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
