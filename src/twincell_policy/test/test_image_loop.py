"""Steps paced by images."""

import time

from twincell_policy.image_loop import PATIENCE, ImageLoop
from twincell_runtime.loop import Tick

PERIOD = 0.02


def run(arrivals: list[bool], *, interrupt_after: int = 10**9) -> list[tuple[int, bool]]:
    """Run three ticks; (index, whether a set was ready) of each. `arrivals` is what `ready` answers, then False."""
    answers = iter(arrivals)
    ticks: list[tuple[int, bool]] = []
    last = [False]
    asked = [0]

    def ready() -> bool:
        asked[0] += 1
        last[0] = next(answers, False)
        return last[0]

    def tick(tick: Tick) -> None:
        ticks.append((tick.index, last[0]))
        if len(ticks) == 3:
            loop.stop()

    loop = ImageLoop(PERIOD, tick, ready=ready, interrupted=lambda: asked[0] > interrupt_after)
    loop.run()
    return ticks


def test_every_set_makes_a_step() -> None:
    start = time.monotonic()
    assert run([True, True, True]) == [(0, True), (1, True), (2, True)]
    assert time.monotonic() - start < PATIENCE * PERIOD, "nothing is waited for"


def test_without_images_a_step_comes_after_some_periods() -> None:
    start = time.monotonic()
    assert run([True]) == [(0, True), (1, False), (2, False)]
    assert time.monotonic() - start >= 2 * PATIENCE * PERIOD


def test_a_cancel_is_not_kept_waiting() -> None:
    start = time.monotonic()
    assert run([True, False], interrupt_after=2) == [(0, True), (1, False), (2, False)]
    assert time.monotonic() - start < PATIENCE * PERIOD
