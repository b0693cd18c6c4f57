"""The policy's lease on the arm: acquired before the first command, watched in every step, always given back."""

from __future__ import annotations

import threading
from typing import Any

from rclpy.client import Client
from rclpy.node import Node

from twincell_contract import names
from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import Acquire, Release

_CALL_S = 3.0
"""Longest wait for an answer of the controller."""
GRACE_S = 0.5
"""Time after the grant within which the controller's status must name the owner: it comes in 20 ms batches."""
SILENCE_S = 1.0
"""Without a status for so long the controller counts as gone."""


class Lease:
    """Calls controller/acquire and controller/release; another thread spins the node meanwhile."""

    def __init__(self, node: Node, source: str) -> None:
        self._source = source
        self._acquire = node.create_client(Acquire, names.CONTROLLER_ACQUIRE)
        self._release = node.create_client(Release, names.CONTROLLER_RELEASE)

    def acquire(self) -> str:
        """Ask for the arm. Returns an empty string when granted, else why not."""
        answer = _call(self._acquire, Acquire.Request(source=self._source, lease=0.0))
        if answer is None:
            return f"{names.CONTROLLER_ACQUIRE} does not answer; start the controller"
        return "" if answer.granted else f"the controller refused the arm: {answer.reason}"

    def release(self) -> str:
        """Give the arm back. Returns an empty string when released, else why not. Harmless without a lease."""
        answer = _call(self._release, Release.Request(source=self._source))
        if answer is None:
            return f"{names.CONTROLLER_RELEASE} does not answer"
        return "" if answer.released else str(answer.reason)


def _call(client: Client, request: Any) -> Any:
    if not client.wait_for_service(timeout_sec=_CALL_S):
        return None
    answered = threading.Event()
    future = client.call_async(request)
    future.add_done_callback(lambda _: answered.set())
    if not answered.wait(_CALL_S):
        client.remove_pending_request(future)
        return None
    return future.result()


class LeaseWatch:
    """Tells from the controller's status whether the lease still holds. Times are those of the episode's clock [s]."""

    def __init__(self, source: str, granted_s: float) -> None:
        self._source = source
        self._granted_s = granted_s
        self._heard_s = granted_s
        self._confirmed = False

    def lost(self, status: ControllerStatus | None, now_s: float) -> str:
        """Why the lease is lost, empty where it holds. `status` is what came since the last call, if anything."""
        if status is None:
            silent = now_s - self._heard_s > SILENCE_S
            return f"{names.CONTROLLER_STATUS} is silent" if silent else ""
        self._heard_s = now_s
        if status.owner == self._source:
            self._confirmed = True
            return ""
        # A batch from before the grant may still be under way.
        if not self._confirmed and now_s - self._granted_s <= GRACE_S:
            return ""
        to = f"{status.owner} owns the arm now" if status.owner else "nobody owns the arm now"
        return f"lost the lease, {to}" + (f": {status.reason}" if status.reason else "")
