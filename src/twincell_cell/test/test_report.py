"""The report: plots from a small made-up run, one file without outside links, the right words."""

import re
import struct
import zlib
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from sensor_msgs.msg import Image
from twincell_cell.demo import Episode
from twincell_cell.provenance import Provenance
from twincell_cell.report.page import Run, page, reason_words
from twincell_cell.report.png import encode
from twincell_cell.report.strip import small
from twincell_cell.report.svg import Plot, bars, ticks
from twincell_cell.report.trace import OWNED, RunTrace, motion_delay_s
from twincell_contract.reasons import Reason
from twincell_model.profile import load_profile
from twincell_model.safety import load_safety
from twincell_runtime.images import rgb

HOLD, STOPPED, FAULT = 1, 4, 5
DELAY_S = 0.03


def status(first: int, stamps: np.ndarray, mode: int = OWNED, reasons: int = 0) -> SimpleNamespace:
    count = len(stamps)
    return SimpleNamespace(
        first_sequence=first,
        tick_stamp_ns=[int(stamp * 1e9) for stamp in stamps],
        tick_mode=[mode] * count,
        tick_reasons=[reasons] * count,
        tick_source_age=[0.01] * count,
        tick_state_age=[0.001] * count,
    )


@pytest.fixture(scope="module")
def profile():
    return load_profile("ur5e")


@pytest.fixture
def trace(profile):
    """Two seconds of a slow wave of the first joint, measured DELAY_S later, in one episode."""
    safety = load_safety("slow", profile)
    found = RunTrace(profile, safety)
    dt = 1.0 / profile.rate_hz
    stamps = 100.0 + np.arange(0, 2.0, dt)

    def wave(at: np.ndarray) -> np.ndarray:
        rows = np.tile(np.array(profile.home), (len(at), 1))
        rows[:, 0] += 0.2 * (1.0 - np.cos(np.pi * (at - 100.0)))
        return rows

    found.status(status(0, stamps[:1], HOLD), wave(stamps[:1]))
    found.begin((0.4, 0.1, 0.3))
    for start in range(0, len(stamps), 10):
        part = stamps[start : start + 10]
        found.status(status(1 + start, part), wave(part))
        for stamp, row, velocity in zip(
            part, wave(part - DELAY_S), np.gradient(wave(part), dt, axis=0), strict=True
        ):
            found.state(stamp, row, velocity)
    found.end()
    return found


def report_run(trace, **values) -> Run:
    figures = {
        "robot": "ur5e",
        "backend": "mujoco",
        "seed": 3,
        "episodes": 2,
        "successes": 1,
        "success_rate": 0.5,
        "ci95": [0.1, 0.9],
        "median_error_m": 0.004,
        "p95_error_m": 0.03,
        "limit_violations": 0,
        "violations": {},
        "judged_ticks": 1000,
        "servo_lateness_ms": {"p50": 0.1, "p99": 0.2, "max": 1.0},
        "command_age_ms": {"p99": 2.0, "max": 3.0},
        "fifo": True,
    }
    episodes = [
        Episode(0, 3, True, 0.004, 2.0, "goal reached"),
        Episode(1, 4, False, 0.09, 15.0, "<timed out>"),
    ]
    return Run(
        {**figures, **values},
        episodes,
        0.02,
        trace,
        {"velocity": -0.2, "jerk": 1e-13},
        Provenance(
            {"policy": "reach_ur5e", "git_commit": "abc"}, {"config/robots/ur5e.yaml": b"<name>: ur5e"}
        ),
        [0.5, 0.6],
        encode(np.zeros((4, 6, 3), np.uint8)),
    )


def test_page_is_one_file_without_links_and_its_plots_are_xml(trace):
    text = page(report_run(trace))
    assert not re.search(r"(src|href)=\"(?!data:)", text) and "http" not in text and "<script" not in text
    plots = re.findall(r"<svg.*?</svg>", text, flags=re.S)
    assert len(plots) >= 6 + 5
    for plot in plots:
        ElementTree.fromstring(plot)
    for words in (
        "Reached 1 of 2",
        "every limit kept",
        "abc",
        "4.0 mm",
        "&lt;timed out&gt;",
        "&lt;name&gt;: ur5e",
    ):
        assert words in text
    assert "<timed out>" not in text and "exposure to command" not in text


def test_violations_and_the_image_stage_appear_when_there_are_any(trace):
    text = page(
        report_run(
            trace,
            limit_violations=2,
            violations={"jerk": 2},
            image_to_command_ms={"p50": 15.0, "p95": 22.0},
        )
    )
    assert "2 limit violations" in text and "every limit kept" not in text
    assert "image to command" in text and "22.0 ms" in text


def test_a_run_without_motion_still_gives_a_page(profile):
    empty = RunTrace(profile, load_safety("slow", profile))
    text = page(
        report_run(empty, episodes=0, successes=0, success_rate=None, median_error_m=None, p95_error_m=None)
    )
    assert "never left normal operation" in text


def test_motion_delay_is_found(trace):
    assert motion_delay_s(trace) == pytest.approx(DELAY_S, abs=0.002)


def test_shares_of_the_limits(trace, profile):
    peak = 0.2 * np.pi
    assert trace.usage["velocity"][0] == pytest.approx(peak / trace.safety.velocity[0], rel=1e-3)
    assert trace.usage["acceleration"][0] == pytest.approx(
        peak * np.pi / trace.safety.acceleration[0], rel=0.05
    )
    assert trace.usage["velocity"][1] == 0.0


def test_a_reset_between_episodes_uses_no_limit(trace, profile):
    before = trace.usage["velocity"].copy()
    jump = np.array([profile.home]) + 1.0
    trace.status(status(5000, np.array([110.0]), STOPPED, int(Reason.STOP_REQUESTED)), jump)
    trace.status(status(5001, np.array([110.1]), OWNED), jump - 2.0)
    assert np.array_equal(trace.usage["velocity"], before)
    assert trace.stops == {("stopped", int(Reason.STOP_REQUESTED), False): 1}


def test_reasons_that_slow_are_no_reasons_to_stop():
    assert reason_words(int(Reason.LIMIT_TCP_SPEED)).startswith("Its owner")
    assert (
        reason_words(int(Reason.STATE_STALE | Reason.LIMIT_VELOCITY)) == "Joint states are too old: stopped."
    )


def test_png_decodes_to_the_same_pixels():
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    data = encode(picture)
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", data[16:24]) == (7, 5)
    at = data.index(b"IDAT")
    size = struct.unpack(">I", data[at - 4 : at])[0]
    rows = np.frombuffer(zlib.decompress(data[at + 4 : at + 4 + size]), np.uint8).reshape(5, 1 + 21)
    assert (rows[:, 0] == 1).all()
    assert np.array_equal(np.cumsum(rows[:, 1:].reshape(5, 7, 3), axis=1, dtype=np.uint8), picture)


def test_pictures_of_a_camera_are_reduced_by_means():
    image = Image(height=4, width=424, step=424 * 3 + 4, encoding="rgb8")
    rows = np.zeros((4, 424 * 3 + 4), np.uint8)
    rows[:, : 424 * 3 : 3] = 200
    image.data = rows.tobytes()
    reduced = small(rgb(image))
    assert reduced.shape == (2, 212, 3) and (reduced[..., 0] == 200).all() and (reduced[..., 1:] == 0).all()


@pytest.mark.parametrize(
    ("low", "high", "found"), [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (-3, 3, [-2, 0, 2]), (0, 0, [0])]
)
def test_ticks_are_round(low, high, found):
    assert ticks(low, high) == found


def test_equal_axes_keep_shapes():
    plot = Plot((0, 2), (0, 1), (500, 500), title="t", equal=True)
    assert plot._px(1) - plot._px(0) == pytest.approx(plot._py(0) - plot._py(1))


def test_bars_beyond_full_are_bad():
    drawn = bars([("a", 0.5, "50%"), ("b", 1.2, "120%")], title="t")
    assert drawn.count("accent-fill") == 1 and drawn.count("bad-fill") == 1
