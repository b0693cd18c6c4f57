"""The state of an exposure's time: between two states, a little beyond the last, none where nothing is known."""

import pytest
from twincell_camera.states import REACH_NS, StateBuffer, TimedState
from twincell_world.world import World, WorldSnapshot

MS = 1_000_000


def state(world: World, stamp_ms: int, angle: float, speed: float = 0.0, target: float = 0.0) -> TimedState:
    snapshot = world.state()
    qpos, qvel = snapshot.qpos * 0.0, snapshot.qvel * 0.0
    qpos[0], qvel[0] = angle, speed
    mocap = snapshot.mocap_pos.copy()
    mocap[0, 0] = target
    return TimedState(
        stamp_ms * MS,
        WorldSnapshot(0, stamp_ms * 1e-3, qpos, qvel, mocap, snapshot.mocap_quat),
        f"sample {stamp_ms}",
    )


@pytest.fixture
def buffer(world: World) -> StateBuffer:
    return StateBuffer(world.model)


def angle(buffer: StateBuffer, stamp_ms: float) -> float | None:
    found = buffer.at(round(stamp_ms * MS))
    return None if found is None else float(found.snapshot.qpos[0])


def test_between_two_states(world: World, buffer: StateBuffer) -> None:
    for stamp, value in ((100, 0.0), (120, 0.02), (140, 0.06)):
        buffer.add(state(world, stamp, value, speed=1.0))
    assert angle(buffer, 110) == pytest.approx(0.01)
    assert angle(buffer, 135) == pytest.approx(0.05)
    assert angle(buffer, 120) == pytest.approx(0.02)
    assert buffer.at(110 * MS).stamp_ns == 110 * MS  # type: ignore[union-attr]


def test_beyond_the_newest_it_goes_on_for_a_while(world: World, buffer: StateBuffer) -> None:
    buffer.add(state(world, 100, 0.5, speed=2.0))
    assert angle(buffer, 110) == pytest.approx(0.52)
    assert angle(buffer, 100 + 1.01 * REACH_NS / MS) is None
    assert angle(buffer, 99) is None


def test_a_reset_is_a_step_not_a_sweep(world: World, buffer: StateBuffer) -> None:
    buffer.add(state(world, 100, 0.0))
    buffer.add(state(world, 120, 1.5))
    assert angle(buffer, 119) == 0.0
    assert angle(buffer, 120) == 1.5


def test_targets_and_samples_belong_to_the_earlier_state(world: World, buffer: StateBuffer) -> None:
    buffer.add(state(world, 100, 0.0, target=0.3))
    buffer.add(state(world, 120, 0.0, target=0.9))
    found = buffer.at(119 * MS)
    assert found is not None
    assert found.snapshot.mocap_pos[0, 0] == 0.3
    assert found.randomization == "sample 100"


def test_only_the_last_half_second_is_kept_and_a_clock_set_back_begins_anew(
    world: World, buffer: StateBuffer
) -> None:
    for stamp in range(0, 2000, 20):
        buffer.add(state(world, stamp, stamp * 1e-4, speed=0.1))
    assert angle(buffer, 1400) is None
    assert angle(buffer, 1550) == pytest.approx(0.155)
    buffer.add(state(world, 500, 0.0))
    assert angle(buffer, 1550) is None and angle(buffer, 500) == 0.0
