"""The plots of the report, from the run's values and trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from twincell_model.kinematics import Kinematics

from twincell_cell.report.svg import Plot, bars, ticks
from twincell_cell.report.trace import BIN_S, RunTrace, motion_delay_s

_HISTOGRAM_BINS = 24
# More lines than this hide each other; the rest is in the table.
_PATHS = 60


def error_histogram(errors_m: Sequence[float], tolerance_m: float) -> str:
    """How many episodes ended how far from their target."""
    errors = np.array([error * 1e3 for error in errors_m if np.isfinite(error)])
    if not len(errors):
        return ""
    limit = tolerance_m * 1e3
    # A miss by half a metre must not squeeze everything else into one bar.
    top = max(limit * 1.25, min(float(errors.max()) * 1.05, limit * 3))
    counts, edges = np.histogram(np.minimum(errors, top), bins=_HISTOGRAM_BINS, range=(0.0, top))
    high = int(counts.max())
    plot = Plot(
        (0.0, top),
        (0.0, high * 1.15),
        title="Histogram of the distance to the target at the end",
        x_label="distance to the target, mm",
        y_label="episodes",
    )
    plot.axes(y_ticks=[value for value in ticks(0.0, high, 4) if value == int(value)])
    for count, low, up in zip(counts, edges, edges[1:], strict=False):
        if count:
            kind = "good-fill" if up <= limit + 1e-9 else "bad-fill"
            beyond = " or more" if up >= top - 1e-9 and errors.max() > top else ""
            plot.box((low, up), (0.0, float(count)), kind, f"{count} at {low:.1f} to {up:.1f} mm{beyond}")
    return plot.upright(limit, "mark", f"reached: {limit:g} mm").svg()


def success_interval(rate: float | None, interval: Sequence[float]) -> str:
    """The success rate with its 95 % interval on a line from 0 to 100 %."""
    if rate is None:
        return ""
    low, high = interval
    plot = Plot((0.0, 1.0), (0.0, 1.0), (520.0, 82.0), title="Success rate with its 95 % Wilson interval")
    plot.axes(x_ticks=[], y_ticks=[])
    plot.box((0.0, 1.0), (0.42, 0.58), "track").box((low, high), (0.3, 0.7), "interval")
    plot.dot((rate, 0.5), "good-fill", 0.008, f"{rate:.1%}")
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        plot.write((value, -0.55), f"{value:.0%}", "middle", "label")
    return plot.svg()


def latency_chain(values: dict[str, Any], trace: RunTrace, inference_ms: Sequence[float]) -> str:
    """Stages from what is measured to what moves: median and 95th percentile, ms. Image stages where cameras exist."""

    def pair(data: Sequence[float]) -> tuple[float, float] | None:
        return (float(np.median(data)), float(np.percentile(data, 95))) if len(data) else None

    def spread(data: dict[str, float | None] | None) -> tuple[float, float] | None:
        middle, late = (data or {}).get("p50"), (data or {}).get("p95")
        return None if middle is None or late is None else (middle, late)

    delay = motion_delay_s(trace)
    age = values.get("command_age_ms") or {}
    stages: list[tuple[str, tuple[float, float] | None]] = [
        ("exposure to image", spread(values.get("exposure_to_image_ms"))),
        ("image to command", spread(values.get("image_to_command_ms"))),
        ("of that, inference", pair(inference_ms)),
        ("age of policy command in use", pair(trace.source_age_ms)),
        ("age of joint state in use", pair(trace.state_age_ms)),
        ("command to arm (p99)", (age["p99"], age["p99"]) if age.get("p99") is not None else None),
        ("command to motion", (delay * 1e3, delay * 1e3) if delay is not None else None),
    ]
    known = [(label, figures) for label, figures in stages if figures is not None]
    if not known:
        return ""
    full = max(figures[1] for _, figures in known)
    rows = []
    for label, (middle, late) in known:
        words = f"{middle:.1f} ms" if late == middle else f"{middle:.1f} / {late:.1f} ms"
        rows.append((label, late / full, words))
    return bars(rows, title="Latency chain: median and 95th percentile of each stage", width=760.0)


def limits_used(trace: RunTrace) -> str:
    """The largest share of each joint's velocity, acceleration and jerk limit that the commands used."""
    rows = []
    for joint, name in enumerate(trace.profile.joint_names):
        for kind, short in (("velocity", "v"), ("acceleration", "a"), ("jerk", "j")):
            share = float(trace.usage[kind][joint])
            rows.append((f"{name} {short}" if kind == "velocity" else short, share, f"{share:.0%}"))
    return bars(rows, title="Share of the limits used: velocity, acceleration, jerk per joint")


def tool_paths(trace: RunTrace, reached: Sequence[bool], tolerance_m: float) -> tuple[str, str]:
    """The tool's way in every episode from above and from the side, with the targets."""
    kinematics = Kinematics(trace.profile, trace.tool_point)
    ways = []
    for episode, good in list(zip(trace.episodes, reached, strict=False))[:_PATHS]:
        _, rows = trace.measured.between(episode.start, episode.end)
        ways.append(
            (np.array([kinematics.pose(row)[0].copy() for row in rows]).reshape(-1, 3), episode.target, good)
        )
    if not ways:
        return "", ""
    points = np.vstack([np.vstack([way, [target]]) for way, target, _ in ways] + [np.zeros((1, 3))])
    low, high = points.min(axis=0) - 0.06, points.max(axis=0) + 0.06
    drawn = []
    for title, across, up, labels in (
        ("from above", 0, 1, ("x, m", "y, m")),
        ("from the side", 0, 2, ("x, m", "z, m")),
    ):
        plot = Plot(
            (float(low[across]), float(high[across])),
            (float(low[up]), float(high[up])),
            (460.0, 380.0),
            title=f"Way of the tool {title}",
            x_label=labels[0],
            y_label=labels[1],
            equal=True,
        ).axes()
        plot.dot((0.0, 0.0), "base", 0.012, "root of the robot")
        for number, (way, target, good) in enumerate(ways, 1):
            plot.line([(float(p[across]), float(p[up])) for p in way], "way" if good else "way-bad")
            plot.dot(
                (target[across], target[up]),
                "target" if good else "target-bad",
                tolerance_m,
                f"episode {number}",
            )
        drawn.append(plot.svg())
    return drawn[0], drawn[1]


def velocity_envelopes(trace: RunTrace) -> list[tuple[str, str]]:
    """Per joint: lowest and highest measured velocity over all episodes by time since their start, with the limits."""
    if not trace.envelope:
        return []
    bins = sorted(trace.envelope)
    times = [k * BIN_S for k in bins]
    found = []
    for joint, name in enumerate(trace.profile.joint_names):
        limit = float(trace.safety.velocity[joint])
        low = [(t, float(trace.envelope[k][0][joint])) for t, k in zip(times, bins, strict=True)]
        high = [(t, float(trace.envelope[k][1][joint])) for t, k in zip(times, bins, strict=True)]
        span = max(limit * 1.12, *(abs(v) for _, v in low), *(abs(v) for _, v in high))
        plot = Plot(
            (0.0, times[-1] + BIN_S),
            (-span, span),
            (330.0, 170.0),
            title=f"Measured velocity of {name} within its limits",
            x_label="time in the episode, s",
            y_label="rad/s",
        )
        plot.axes(y_ticks=[-limit, 0.0, limit]).area(high, low, "band").line(high, "edge").line(low, "edge")
        found.append((name, plot.level(limit, "mark").level(-limit, "mark").svg()))
    return found
