"""Hand work from service threads to a loop thread, so that only the loop touches the loop's state."""

import queue
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar

Result = TypeVar("Result")


class MailboxTimeout(RuntimeError):
    """The loop did not run the work in time."""


class Mailbox:
    """A queue of calls that a loop runs between its ticks."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()

    def call(self, work: Callable[[], Result], timeout: float = 2.0) -> Result:
        """Run `work` in the loop thread and return its result, or raise what it raised.

        Raises MailboxTimeout when the loop does not get to it within `timeout` seconds; it is then never run.
        """
        future: Future[Result] = Future()
        self._queue.put((work, future))
        try:
            return future.result(timeout)
        except FutureTimeout:
            if future.cancel():
                raise MailboxTimeout(f"the loop did not answer within {timeout:g} s") from None
            return future.result()

    def run_pending(self, at_most: int = 4) -> int:
        """Run waiting calls, at most so many. Called by the loop thread. Returns how many were run."""
        done = 0
        while done < at_most:
            try:
                work, future = self._queue.get_nowait()
            except queue.Empty:
                break
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except Exception as error:
                future.set_exception(error)
            done += 1
        return done
