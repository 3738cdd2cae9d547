"""Runs `tongke` as Windows would let it: what only POSIX has is taken away before anything is loaded.

Usage: python without_posix.py COMMAND …. The module names and calls are those that Python's documentation marks as Unix."""

import asyncio  # its loop here is this machine's own
import os
import signal
import sys

MODULES = (
    "fcntl",
    "resource",
    "pwd",
    "grp",
    "termios",
    "tty",
    "pty",
    "syslog",
    "readline",
    "crypt",
    "nis",
    "spwd",
    "uvloop",
)
CALLS = (
    "fork", "forkpty", "setsid", "getpgid", "killpg", "getuid", "geteuid", "getgid", "setuid", "chown", "fchown", "lchown",
    "fchmod", "pread", "pwrite", "fdatasync", "statvfs", "fstatvfs", "mkfifo", "mknod", "nice", "sched_getaffinity",
    "sched_setaffinity", "uname", "wait3", "wait4", "waitid", "O_DIRECTORY", "O_CLOEXEC", "O_NOFOLLOW",
)  # fmt: skip
SIGNALS = ("SIGKILL", "SIGHUP", "SIGALRM", "SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGQUIT")

KEPT = {"fork", "O_CLOEXEC", "uname", "waitid"} & set(
    dir(os)
)  # of what Python's own modules hold to on this machine


def rename(source: str, target: str, **more: object) -> None:
    """As on Windows: nothing is renamed over what is there."""
    if os.path.lexists(target):
        raise FileExistsError(target)
    _rename(source, target, **more)


for name in MODULES:
    sys.modules[name] = None  # type: ignore[assignment]
for name in CALLS:
    if name not in KEPT and hasattr(os, name):
        delattr(os, name)
for name in SIGNALS:
    if hasattr(signal, name):
        delattr(signal, name)
_rename, os.rename = os.rename, rename  # type: ignore[assignment]

assert asyncio
from service.cli import main  # noqa: E402

main()
