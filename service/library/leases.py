"""Leases: one request writes an upload at a time.

A lease names its process. On one machine the lease of a process that died ends with it, so that a client can go on as
soon as the service is back; elsewhere it runs out.
"""

import os

from service.work import Work

_HELD: set[str] = set()
"""Of this process."""


def new(work: Work) -> str:
    """A lease of this process, at most 26 characters; `end` it."""
    lease = f"{os.getpid()}-{work.ids()[-16:]}"
    _HELD.add(lease)
    return lease


def end(lease: str) -> None:
    """Its request is over."""
    _HELD.discard(lease)


def orphaned(lease: str) -> bool:
    """Whether the process that held it has ended. To be asked where all processes run on this machine."""
    pid = int(lease.partition("-")[0])
    if pid == os.getpid():
        return lease not in _HELD
    try:
        os.kill(pid, 0)  # asks only whether it exists (kill(2))
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
