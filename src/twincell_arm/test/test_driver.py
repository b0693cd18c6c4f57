"""The driver over the twin: enabling, stopping, brakes, faults, counters."""

import numpy as np
import pytest
from twincell_arm.arm import ArmError, Fault
from twincell_arm.backends.mujoco_arm import MujocoArm
from twincell_arm.driver import ArmDriver, Mode
from twincell_model.profile import load_profile
from twincell_world.scene import load_scene
from twincell_world.world import World


@pytest.fixture
def driver():
    profile = load_profile("ur5e")
    driver = ArmDriver(MujocoArm(World(load_scene("reach", profile), profile, visuals="none")))
    driver.connect()
    driver.enable()
    driver.allowed = True
    return driver


class Ramp:
    """Commands that turn the first joint at 0.5 rad/s after a soft start."""

    def __init__(self, driver: ArmDriver) -> None:
        self.q, self.v, self.dt = driver.state.position.copy(), 0.0, driver.tick_s

    def next(self) -> list[float]:
        self.v = min(self.v + 2.0 * self.dt, 0.5)
        self.q[0] += self.v * self.dt
        return self.q.tolist()


def follow(driver: ArmDriver, ramp: Ramp, ticks: int) -> None:
    for _ in range(ticks):
        driver.tick([ramp.next()])


def test_connected_arm_is_disabled_until_enabled():
    profile = load_profile("ur5e")
    driver = ArmDriver(MujocoArm(World(load_scene("empty", profile), profile, visuals="none")))
    assert driver.status().mode == Mode.DISCONNECTED and driver.tick([]) is None
    with pytest.raises(ArmError, match="not connected"):
        driver.enable()
    driver.connect()
    assert driver.status().mode == Mode.DISABLED
    driver.allowed = True
    driver.tick([(profile.home + 0.01).tolist()] * 3)
    assert driver.status().mode == Mode.DISABLED, "brakes hold whatever is commanded"
    driver.enable()
    driver.tick([])
    assert driver.status().mode == Mode.HOLDING


def test_stream_is_followed_and_silence_ends_in_holding(driver):
    ramp = Ramp(driver)
    follow(driver, ramp, 500)
    assert driver.status().mode == Mode.FOLLOWING and driver.status().program_running
    lag = 0.5 * (driver.arm.profile.servo.lookahead_s + driver.arm.profile.servo.delay_s + driver.tick_s)
    assert ramp.q[0] - driver.state.position[0] == pytest.approx(lag, abs=2e-3)
    for _ in range(1000):
        driver.tick([])
    assert driver.status().mode == Mode.HOLDING
    assert abs(driver.state.velocity).max() < 1e-4


def test_bad_commands_are_dropped_and_counted(driver):
    home = driver.state.position.tolist()
    driver.tick([home[:5], [float("nan")] * 6, [float("inf")] * 6, [v + 1.0 for v in home]])
    driver.tick([[v + 1.0 for v in home]])
    status = driver.status()
    assert status.received == 5 and status.dropped >= 4
    assert status.mode == Mode.HOLDING and np.allclose(driver.state.position, home, atol=1e-6)


@pytest.mark.parametrize("wild_first", [True, False])
def test_wild_command_in_the_tick_of_a_good_one_is_dropped_alone(driver, wild_first):
    home = driver.state.position
    good, wild = (home + 1e-4).tolist(), (home + 2.0 * driver.arm.profile.step_guard).tolist()
    for _ in range(3):
        driver.tick([wild, good] if wild_first else [good, wild])
    status = driver.status()
    assert (status.received, status.dropped, status.mode) == (6, 3, Mode.FOLLOWING)


def test_stop_ignores_the_stream_until_recover(driver):
    ramp = Ramp(driver)
    follow(driver, ramp, 500)
    driver.stop()
    follow(driver, ramp, 400)
    assert driver.status().mode == Mode.HOLDING and not driver.status().program_running
    assert "arm/recover" in driver.status().reason
    stopped = driver.state.position.copy()
    driver.recover()
    for _ in range(300):
        driver.tick([stopped.tolist()])
    assert driver.status().mode == Mode.FOLLOWING and driver.status().reason == ""


def test_disable_engages_the_brakes_only_at_rest(driver):
    ramp = Ramp(driver)
    follow(driver, ramp, 500)
    driver.disable()
    assert driver.state.enabled
    speeds = []
    for _ in range(1000):
        driver.tick([ramp.next()])
        speeds.append(abs(driver.state.velocity).max())
        if not driver.state.enabled:
            break
    assert not driver.state.enabled and speeds[-1] < 0.01 and len(speeds) > 20
    assert driver.status().mode == Mode.DISABLED


def test_not_allowed_means_a_stop_along_the_reference(driver):
    follow(driver, Ramp(driver), 500)
    driver.allowed = False
    driver.tick([])
    assert driver.status().mode == Mode.STOPPING
    for _ in range(500):
        driver.tick([])
    assert driver.status().mode == Mode.HOLDING and not driver.status().program_running


def test_missed_periods_are_made_good_with_the_commands_of_their_time(driver):
    even, late = Ramp(driver), []
    follow(driver, even, 500)
    world = driver.arm.world
    for _ in range(20):
        late = [even.next() for _ in range(5)]
        driver.tick(late, 5)
    assert world.steps == 600
    assert driver.state.velocity[0] == pytest.approx(0.5, abs=1e-3)


def test_collision_is_a_protective_stop_that_recover_clears(driver):
    q = driver.state.position.copy()
    for _ in range(3000):
        q[1] += 0.5 * driver.tick_s
        driver.tick([q.tolist()])
        if driver.status().fault:
            break
    status = driver.status()
    assert status.mode == Mode.FAULT and status.fault == Fault.PROTECTIVE_STOP and "joint" in status.reason
    with pytest.raises(ArmError, match="recover"):
        driver.enable()
    driver.recover()
    driver.tick([])
    assert driver.status().mode == Mode.HOLDING


def test_gripper_moves_to_a_width(driver):
    driver.move_gripper(0.03, 0.0)
    for _ in range(500):
        driver.tick([])
    assert driver.arm.gripper().width_m == pytest.approx(0.03, abs=1e-3)
    with pytest.raises(ArmError, match="finite"):
        driver.move_gripper(float("nan"), 0.0)
