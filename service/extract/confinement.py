"""What a process that reads strangers' files may do: bounded time and memory, no network, and of the disk only what it
needs. What the kernel cannot do is left out; the bounds hold everywhere.
"""

import ctypes
import math
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from service.extract import Limits
from service.extract.office import SOCKETS

OFFICE_MEMORY = 4 * 1024 * 1024 * 1024
"""Address space that LibreOffice, started by a child, may raise its own limit to."""
FILES = 256
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_libc = ctypes.CDLL(None, use_errno=True)

# Machine → its number in an audit (linux/audit.h), and its numbers of socket(2) and io_uring_setup(2).
_MACHINES = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
_X32 = 0x40000000
_AF_UNIX = 1
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13
"""Let the call happen; answer EACCES."""

# Landlock (linux/landlock.h): its calls have the same numbers on every machine.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_FIRST, _REFER = (1 << 13) - 1, 1 << 13
"""All rights of Landlock's first version; linking and renaming from folder to folder, of its second."""
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE
_REMOVE_FILE, _MAKE_SOCKET = 32, 512
READ = tuple(
    dict.fromkeys(
        ("/usr", "/lib", "/lib64", "/bin", "/etc", "/opt", "/proc", "/sys", "/var/lib/fonts", "/var/cache/fontconfig",
         "/var/spool/libreoffice", sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2] / "service"))
    )
)  # fmt: skip
"""Programs, libraries, fonts and our own code: what every child may read."""


def confine(limits: Limits, readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Confine this process and all that it starts, for good. Of the disk it may read READ and `readable`, and write
    below `writable`."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Neither core dumps nor other children of the same user may look into what is being read (prctl(2)).
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.nice(10)
    _bound(limits)
    _see_only(readable, writable)
    _cut_off()


def _bound(limits: Limits) -> None:
    seconds = math.ceil(limits.seconds * limits.threads)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    hard = max(limits.memory, OFFICE_MEMORY)
    if most != resource.RLIM_INFINITY:
        hard = min(hard, most)
    resource.setrlimit(resource.RLIMIT_AS, (min(limits.memory, hard), hard))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.writes, limits.writes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _cut_off() -> None:
    """No socket but those of this machine's processes (seccomp(2)): a document may name an address to load from."""
    if platform.machine() not in _MACHINES:
        return
    machine, call, rings = _MACHINES[platform.machine()]
    steps = [
        (_LOAD, 0, 0, 4),  # the machine that the call is made for
        (_EQUAL, 0, 6, machine),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, 4, 0, _X32),
        (_EQUAL, 3, 0, rings),  # a ring makes sockets of its own
        (_EQUAL, 0, 3, call),
        (_LOAD, 0, 0, 16),  # the first argument, a family of addresses
        (_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code)))
    _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


def _see_only(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Nothing of the disk but these (landlock(7)): neither the library's data nor anybody's home."""
    version = _libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 2:
        return
    asked = struct.pack("Q", _FIRST | _REFER)
    ruleset = _libc.syscall(_CREATE_RULESET, asked, len(asked), 0)
    if ruleset < 0:
        return
    for path in (*map(Path, READ), *readable):
        _allow(ruleset, path, _EXECUTE | _READ_FILE | _READ_DIR)
    _allow(ruleset, Path("/dev"), _READ_FILE | _WRITE_FILE | _READ_DIR)
    for path in SOCKETS:  # nothing of ours is put there
        _allow(ruleset, path, _MAKE_SOCKET | _REMOVE_FILE)
    for path in writable:
        _allow(ruleset, path, _FIRST | _REFER)
    _libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there: nothing to allow
    rule = struct.pack("=Qi", rights if path.is_dir() else rights & _FILE_RIGHTS, handle)
    _libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    os.close(handle)
