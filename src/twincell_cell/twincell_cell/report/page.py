"""Puts the report together: one HTML file that needs nothing else."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from twincell_contract.reasons import SENTENCES, Reason

from twincell_cell.provenance import Provenance
from twincell_cell.report import figures
from twincell_cell.report.png import data_url
from twincell_cell.report.trace import RunTrace

_STYLE = Path(__file__).with_name("style.css")
# What the judge calls things, and in which unit it measured the distance to their limit.
_QUANTITIES = {
    "position": ("commanded position", "rad"),
    "velocity": ("commanded velocity", "rad/s"),
    "acceleration": ("commanded acceleration", "rad/s²"),
    "jerk": ("commanded jerk", "rad/s³"),
    "tcp_speed": ("tool speed", "m/s"),
    "workspace": ("workspace box", "m"),
    "measured_position": ("measured position", "rad"),
    "measured_velocity": ("measured velocity (limit + 10 %)", "rad/s"),
    "measured_jump": ("jump of the measured position", "rad"),
}


@dataclass
class Run:
    """Everything a report is made of. `episodes` have the fields of demo.Episode; `excess` is the judge's, by kind."""

    values: dict[str, Any]
    episodes: Sequence[Any]
    tolerance_m: float
    trace: RunTrace
    excess: dict[str, float]
    provenance: Provenance
    inference_ms: list[float] = field(default_factory=list)
    picture: bytes | None = None
    strip: list[bytes] = field(default_factory=list)
    seconds: float = 0.0


def page(run: Run) -> str:
    """The whole HTML document."""
    values = run.values
    title = f"twincell demo: {values['robot']} on {values['backend']}"
    above, aside = figures.tool_paths(run.trace, [e.success for e in run.episodes], run.tolerance_m)
    envelopes = "".join(
        f"<figure><figcaption>{escape(name)}</figcaption>{plot}</figure>"
        for name, plot in figures.velocity_envelopes(run.trace)
    )
    sections = [
        _section(
            "How often and how well",
            _two(
                _figure(
                    f"Reached {values['successes']} of {values['episodes']}, with the 95 % Wilson interval",
                    figures.success_interval(values["success_rate"], values["ci95"])
                    + _note(
                        "Reached: the measured joint states, not the policy, put the tool within the tolerance."
                    ),
                ),
                _figure(
                    "Distance to the target at the end",
                    figures.error_histogram([e.error for e in run.episodes], run.tolerance_m),
                ),
            ),
        ),
        _section("What the cameras saw", _strip(run.strip)) if run.strip else "",
        _section(
            "Where the tool went",
            _two(_figure("From above", above), _figure("From the side", aside))
            + _note(
                "Green: reached. Circles are the targets, as large as the tolerance. Root frame of the robot."
            ),
        ),
        _section(
            "Latency chain",
            figures.latency_chain(values, run.trace, run.inference_ms)
            + _note(
                "Median / 95th percentile; bars end at the latter. Command to motion: the shift that fits measured to"
                " commanded joint positions best."
            ),
        ),
        _section(
            "How close to the limits",
            _two(
                _figure("Share of each joint's limits that was used", figures.limits_used(run.trace)),
                _figure("Distance kept from the limits (independent judge)", _headroom(run)),
            ),
        ),
        _section(
            "Measured joint velocities",
            f'<div class="grid3">{envelopes}</div>'
            + _note("Bands hold all episodes; lines are the limits in force."),
        ),
        _section("Stops and their reasons", _stops(run)),
        _section("Timing of the control loops", _timing(values)),
        _section("Episodes", _episodes(run.episodes)),
        _section("Configuration and origin", _origin(run)),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE.read_text()}</style></head><body>"
        f"{_head(run)}<main>{''.join(sections)}</main>"
        f"<footer>Written by twincell, {time.strftime('%Y-%m-%d %H:%M:%S %Z')}.</footer></body></html>\n"
    )


def _head(run: Run) -> str:
    values = run.values
    kept = values["limit_violations"] == 0
    pill = (
        '<span class="pill good">every limit kept</span>'
        if kept
        else f'<span class="pill bad">{values["limit_violations"]} limit violations</span>'
    )
    low, high = values["ci95"]
    rate = "-" if values["success_rate"] is None else f"{values['success_rate']:.1%}"
    lateness = values["servo_lateness_ms"]["p99"]
    tiles = [
        ("reached", rate, f"{values['successes']} of {values['episodes']}; {low:.1%} to {high:.1%}"),
        ("median distance", _mm(values["median_error_m"]), f"95th percentile {_mm(values['p95_error_m'])}"),
        ("limit violations", str(values["limit_violations"]), f"in {values['judged_ticks']} control ticks"),
        (
            "control loop late, p99",
            "-" if lateness is None else f"{lateness:.2f} ms",
            "real-time scheduling" if values["fifo"] else "no real-time scheduling",
        ),
    ]
    image = values.get("image_to_command_ms") or {}
    if image.get("p95") is not None:
        tiles.insert(2, ("image to command, p95", f"{image['p95']:.1f} ms", f"median {image['p50']:.1f} ms"))
    cards = "".join(
        f'<div class="tile"><div class="what">{escape(what)}</div><div class="value">{escape(value)}</div>'
        f'<div class="more">{escape(more)}</div></div>'
        for what, value, more in tiles
    )
    picture = (
        f'<img src="{data_url(run.picture)}" alt="The cell at the end of the run">' if run.picture else ""
    )
    facts = run.provenance.facts
    policy = facts.get("policy", "")
    words = (
        f"{values['episodes']} episodes of <b>{escape(policy)}</b>, seed {values['seed']}, safety profile"
        f" <b>{escape(facts.get('safety', ''))}</b>, {run.seconds:.0f} s"
    )
    return (
        f'<header><div class="words"><h1>{escape(values["robot"])} <small>on {escape(values["backend"])}</small></h1>'
        f'<p>{words}</p><p>{pill}</p><div class="tiles">{cards}</div></div>{picture}</header>'
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _figure(caption: str, body: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{body or '<p>nothing to show</p>'}</figure>"


def _two(left: str, right: str) -> str:
    return f'<div class="grid2">{left}{right}</div>'


def _note(text: str) -> str:
    return f'<p class="hint">{escape(text)}</p>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], kinds: Sequence[str] = ()) -> str:
    """A table; cells are text, rows may have a class."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = ""
    for index, row in enumerate(rows):
        kind = f' class="{kinds[index]}"' if kinds and kinds[index] else ""
        body += f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _headroom(run: Run) -> str:
    rows, kinds = [], []
    violations = run.values["violations"]
    for kind, excess in run.excess.items():
        name, unit = _QUANTITIES.get(kind, (kind.replace("_", " "), ""))
        count = int(violations.get(kind, 0))
        # The judge allows for rounding: a few 1e-12 over a limit is a limit that was reached.
        distance = "reached" if abs(excess) < 1e-6 else f"{-excess:.3g} {unit}"
        rows.append(
            (name, distance if excess < 1e-6 else f"{excess:.3g} {unit} over, within rounding", str(count))
        )
        if count:
            rows[-1] = (name, f"{excess:.3g} {unit} over", str(count))
        kinds.append("bad" if count else "")
    for kind, count in violations.items():
        if kind not in run.excess:
            rows.append((kind.replace("_", " "), "", str(count)))
            kinds.append("bad")
    return _table(("quantity", "least distance kept", "violations"), rows, kinds)


# Below it: why a motion was slowed or a command refused, which is no reason to stop.
_FIRST_STOP_REASON = Reason.SEVERAL_PUBLISHERS


def reason_words(bits: int) -> str:
    """The sentences of the reason bits that stop a motion; without any, the owner has handed the arm back."""
    words = [
        sentence for reason, sentence in SENTENCES.items() if bits & reason and reason >= _FIRST_STOP_REASON
    ]
    return " ".join(words) or "Its owner handed the arm back, or was done: it came to rest."


def _stops(run: Run) -> str:
    if not run.trace.stops:
        return "<p>The controller never left normal operation.</p>"
    rows = [
        (mode, reason_words(bits), "within an episode" if inside else "between episodes", str(count))
        for (mode, bits, inside), count in sorted(
            run.trace.stops.items(), key=lambda item: (not item[0][2], -item[1])
        )
    ]
    kinds = [
        "bad" if row[0] == "fault" else "warn" if row[0] == "stopped" and row[2].startswith("within") else ""
        for row in rows
    ]
    return _table(("controller went to", "why", "when", "how often"), rows, kinds) + _note(
        "Between episodes the cell is reset: the controller is asked to stop, the world is put back."
    )


def _timing(values: dict[str, Any]) -> str:
    def cell(figure: float | None) -> str:
        return "-" if figure is None else f"{figure:.3f}"

    rows = []
    for key, name in (
        ("servo_lateness_ms", "control loop: wake-up after its time"),
        ("arm_lateness_ms", "arm loop: wake-up after its time"),
        ("command_age_ms", "age of a command when the arm uses it"),
        ("command_gap_ms", "time between commands"),
        ("exposure_to_image_ms", "exposure of a set of images to its publication"),
        ("image_to_command_ms", "publication of a set of images to the command made from it"),
    ):
        data = values.get(key)
        if data:
            rows.append((name, *(cell(data.get(k)) for k in ("p50", "p95", "p99", "max", "own_max"))))
    return _table(("ms", "p50", "p95", "p99", "max", "max less the machine's stolen time"), rows)


def _episodes(episodes: Sequence[Any]) -> str:
    rows = [
        (
            str(episode.index + 1),
            str(episode.seed),
            "reached" if episode.success else "missed",
            _mm(episode.error),
            f"{episode.duration:.2f} s",
            episode.reason,
        )
        for episode in episodes
    ]
    table = _table(
        ("#", "seed", "result", "distance", "duration", "why it ended"),
        rows,
        ["" if episode.success else "bad" for episode in episodes],
    )
    if len(rows) <= 25:
        return table
    missed = [index for index, episode in enumerate(episodes) if not episode.success]
    words = f"{len(missed)} missed: {', '.join(str(k + 1) for k in missed[:40])}" if missed else "none missed"
    return f"<details><summary>{len(rows)} episodes, {words}</summary>{table}</details>"


def _origin(run: Run) -> str:
    facts = [(key.replace("_", " "), value) for key, value in run.provenance.facts.items()]
    recording = run.values.get("recording")
    if recording:
        words = f"{recording['bag']}: {recording['messages']} messages, {recording['bytes'] / 1e6:.1f} MB"
        facts.append(("bag", f"{words}. {recording['note']}".rstrip(". ")))
    files = "".join(
        f"<details><summary>{escape(name)}</summary><pre>{escape(data.decode(errors='replace'))}</pre></details>"
        for name, data in run.provenance.files.items()
        if name != "contract.md"
    )
    return _table(("", ""), facts) + files


def _strip(pictures: Sequence[bytes]) -> str:
    shown = "".join(
        f'<img src="{data_url(png)}" alt="A camera at the end of an episode">' for png in pictures
    )
    return f'<div class="strip">{shown}</div>'


def _mm(metres: float | None) -> str:
    return "-" if metres is None or not math.isfinite(metres) else f"{metres * 1e3:.1f} mm"
