"""The fork server: imports the readers once, then forks a child per file. Started by sandbox.py, never by hand.

It is handed a Unix SOCK_SEQPACKET socket. Each message is a request (JSON) with the socket to answer on attached to it;
the end of the conversation ends the server and its children.
"""

import gc
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.extract import child, office
from service.extract.warm import warm

LONGEST = 64 * 1024
"""Bytes of a request."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process that reads one file."""

    pid: int
    pidfd: int
    until: float
    """Monotonic time at which it is killed."""


class Server:
    """One thread: takes requests, forks, reaps, and kills what runs too long."""

    def __init__(self, control: socket.socket, scratch: Path) -> None:
        self.control = control
        self.scratch = scratch
        self.children: dict[int, Child] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(control, selectors.EVENT_READ)

    def serve(self) -> None:
        """Until the service hangs up."""
        while True:
            now = time.monotonic()
            for late in [one for one in self.children.values() if one.until <= now]:
                self.end(late)
            next_end = min((one.until for one in self.children.values()), default=None)
            for key, _ in self.selector.select(None if next_end is None else max(next_end - now, 0)):
                if key.fileobj is self.control:
                    if not self.take():
                        return
                elif key.fd in self.children:
                    self.end(self.children[key.fd])

    def take(self) -> bool:
        """Take one request and fork for it; False once the service has hung up."""
        message, handles, _, _ = socket.recv_fds(self.control, LONGEST, 1)
        if not message or not handles:
            return False
        with socket.socket(fileno=handles[0]) as channel:
            self.fork(json.loads(message), channel)
        return True

    def fork(self, asked: dict[str, Any], channel: socket.socket) -> None:
        """Start the child that answers on this channel; only the child keeps the channel open."""
        until = time.monotonic() + float(asked["limits"]["seconds"])
        pid = os.fork()
        if pid == 0:
            self.be_child(asked, channel)
        pidfd = os.pidfd_open(pid)
        self.children[pidfd] = Child(pid, pidfd, until)
        self.selector.register(pidfd, selectors.EVENT_READ)

    def be_child(self, asked: dict[str, Any], channel: socket.socket) -> None:
        """Never returns: what runs here must not get back into the server's loop."""
        status = 1
        log = os.dup(2)
        try:
            # Libraries grumble about every damaged file; the service's log is not for that.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.setpgid(0, 0)
            self.control.close()
            scratch = self.scratch / str(os.getpid())
            scratch.mkdir()
            child.live(asked, channel, scratch)
            status = 0
        except BrokenPipeError:
            status = 2  # The service gave up on this file.
        except BaseException:
            os.dup2(log, 2)
            traceback.print_exc()
        finally:
            os._exit(status)

    def end(self, one: Child) -> None:
        """Kill the child's process group, what it started included, reap it, and remove what it left."""
        try:
            os.killpg(one.pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(
                one.pid, signal.SIGKILL
            )  # Not yet in a group of its own; a zombie takes the signal in peace.
        os.waitpid(one.pid, 0)
        self.selector.unregister(one.pidfd)
        os.close(one.pidfd)
        del self.children[one.pidfd]
        scratch = self.scratch / str(one.pid)
        office.clear(scratch)
        shutil.rmtree(scratch, ignore_errors=True)


def main() -> None:
    """Serve on the socket whose descriptor the command line names."""
    # A signal to the whole group is for the service; it hangs up, and then we end in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    warm()
    gc.collect()
    gc.freeze()
    scratch = Path(tempfile.mkdtemp(prefix="tongke-extract-"))
    server = Server(socket.socket(fileno=int(sys.argv[1])), scratch)
    try:
        server.serve()
    finally:
        for one in list(server.children.values()):
            server.end(one)
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
