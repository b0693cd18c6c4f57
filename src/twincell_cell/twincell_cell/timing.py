"""Collects the timing of the real-time loops and of a policy that sees into the figures of demo and bench."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.node import Node
from twincell_runtime.polled import PolledSubscription
from twincell_runtime.steal import StealLog

from twincell_contract import names, qos
from twincell_msgs.msg import LoopTiming, PolicyTiming

POLL_S = 0.2


def percentiles(values: list[float]) -> dict[str, float | None]:
    """p50, p99 and max, rounded to a microsecond for values in ms; None without values."""
    if not values:
        return {"p50": None, "p99": None, "max": None}
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": round(float(p50), 3), "p99": round(float(p99), 3), "max": round(float(max(values)), 3)}


class TimingRecorder:
    """Records the loops' timing from construction to `result`.

    The first message of each loop is left out: it reaches back to before the recording.
    """

    def __init__(self, node: Node) -> None:
        self._subscriptions = [
            PolledSubscription(node, LoopTiming, topic, qos.streaming(100))
            for topic in (names.CONTROLLER_TIMING, names.ARM_TIMING)
        ]
        self._sight = PolledSubscription(node, PolicyTiming, names.POLICY_TIMING, qos.streaming(100))
        self._steal = StealLog()
        self._stop = threading.Event()
        self._messages: list[LoopTiming] = []
        self._sights: list[PolicyTiming] = []
        self._heard: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="timing", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            self._collect()

    def _collect(self) -> None:
        for subscription in self._subscriptions:
            for received in subscription.take_all():
                if received.msg.loop in self._heard:
                    self._messages.append(received.msg)
                self._heard.add(received.msg.loop)
        self._sights += [received.msg for received in self._sight.take_all()]

    def result(self) -> dict[str, Any]:
        """Stop recording. Keys as in the demo's JSON, and the arm loop's lateness beside them."""
        self._stop.set()
        self._thread.join()
        self._collect()
        for subscription in (*self._subscriptions, self._sight):
            subscription.destroy()
        self._steal.stop()
        return {**summarize(self._messages, self._steal.between), **summarize_sight(self._sights)}


def own_lateness(messages: list[LoopTiming], stolen_ms: Callable[[float, float], float]) -> float | None:
    """Largest lateness [ms] less the time the machine lost meanwhile; None without ticks.

    `stolen_ms(start, end)` tells that [s, system time]. The ticks of a message are counted back from its stamp: each
    was due one period, and those it skipped, before the next.
    """
    worst: float | None = None
    for message in messages:
        period = 1e-3 * message.period_ms
        end = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        for late_ms in reversed(message.lateness_ms):
            late = 1e-3 * late_ms
            own = late_ms
            if late > period:
                own = max(late_ms - stolen_ms(end - late - period, end + period), 0.0)
            worst = own if worst is None else max(worst, own)
            end -= period * (1 + int(late / period)) if period > 0.0 else 0.0
    return None if worst is None else round(float(worst), 3)


def summarize(
    messages: list[LoopTiming], stolen_ms: Callable[[float, float], float] = lambda start, end: 0.0
) -> dict[str, Any]:
    """Figures of the given timing messages; `stolen_ms(start, end)` is the time that the machine lost."""
    servo = [m for m in messages if m.loop == "controller"]
    arm = [m for m in messages if m.loop == "arm"]
    gaps = [g for m in arm for g in m.command_gap_ms]
    own = [max(g - s, 0.0) for m in arm for g, s in zip(m.command_gap_ms, m.gap_steal_ms, strict=True)]
    age = percentiles([a for m in arm for a in m.command_age_ms])
    gap = percentiles(gaps)
    return {
        "servo_lateness_ms": {
            **percentiles([v for m in servo for v in m.lateness_ms]),
            "own_max": own_lateness(servo, stolen_ms),
        },
        "arm_lateness_ms": {
            **percentiles([v for m in arm for v in m.lateness_ms]),
            "own_max": own_lateness(arm, stolen_ms),
        },
        "ticks_skipped": {
            "servo": sum(m.ticks_skipped for m in servo),
            "arm": sum(m.ticks_skipped for m in arm),
        },
        "fifo": bool(servo) and all(m.fifo for m in messages),
        "command_age_ms": {"p99": age["p99"], "max": age["max"]},
        "command_gap_ms": {
            "p99": gap["p99"],
            "max": gap["max"],
            "own_max": round(float(max(own)), 3) if own else None,
        },
    }


def summarize_sight(messages: list[PolicyTiming]) -> dict[str, Any]:
    """Figures of a policy that sees: p50 and p95 [ms], None where no policy read images."""
    found: dict[str, Any] = {}
    for key in ("exposure_to_image_ms", "image_to_command_ms"):
        times = [value for message in messages for value in getattr(message, key)]
        p50, p95 = np.percentile(times, [50, 95]) if times else (None, None)
        found[key] = {"p50": _rounded(p50), "p95": _rounded(p95)}
    found["image_steps"] = {
        "with_images": sum(len(message.image_to_command_ms) for message in messages),
        "without_images": sum(message.steps_without_images for message in messages),
    }
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 3)
