"""A slow engine is given up on, and left alone for a while, so that no request after the first waits for it again.

Model: the circuit breaker of Nygard's "Release It!" (2007), tripped by slowness alone: an engine that refuses at once
costs nobody time.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from time import monotonic
from typing import TypeVar

from service.search import IndexDown

T = TypeVar("T")
PAUSE = 2.0
"""Seconds in which an engine that was too slow is not asked; then one question at a time, until it answers one."""
THREADS = 16
"""Questions that are under way at once; those that never end take theirs away."""


class Patience:
    """Asks an engine, `seconds` at most. Safe for several threads."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="search")
        self._again = 0.0
        """Not asked before this moment; 0 while it answers in time."""
        self._trying = threading.Lock()

    def ask(self, question: Callable[[], T], until: float | None = None) -> T:
        """What the question answers, or raises. IndexDown where it takes too long, or did so a moment ago, or comes
        after `until` (monotonic)."""
        return self.begin(question, until)()

    def begin(self, question: Callable[[], T], until: float | None = None) -> Callable[[], T]:
        """Have the question asked meanwhile; what is returned waits for the answer and raises as `ask` does. While the
        engine is left alone, nothing is begun."""
        seconds = self.seconds if until is None else min(self.seconds, until - monotonic())
        if seconds <= 0 or self._again:
            return partial(self._try, question, seconds)
        return partial(self._wait, self._pool.submit(question), seconds, monotonic() + seconds)

    def _try(self, question: Callable[[], T], seconds: float) -> T:
        if seconds <= 0:
            raise IndexDown("这次搜索的时间用完了。")
        if monotonic() < self._again or not self._trying.acquire(blocking=False):
            raise IndexDown("搜索引擎刚才太慢，过一会儿再问。")
        try:
            answer = self._wait(self._pool.submit(question), seconds, monotonic() + seconds)
            self._again = 0.0
            return answer
        finally:
            self._trying.release()

    def _wait(self, future: Future[T], seconds: float, until: float) -> T:
        try:
            return future.result(max(0.0, until - monotonic()))
        except TimeoutError as error:
            future.cancel()
            if seconds > self.seconds / 2:  # less is no fair trial of an engine that answers others in time
                self._again = monotonic() + PAUSE
            raise IndexDown(f"搜索引擎在 {seconds:.2g} 秒内没有回答。") from error
