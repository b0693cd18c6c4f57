"""The arm process as others see it: a real process, real rclpy, a namespace of its own."""

import os
import signal
import time

import numpy as np
import pytest
import rclpy
from geometry_msgs.msg import WrenchStamped
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from twincell_model.grippers import load_gripper
from twincell_model.profile import load_profile

from control_msgs.msg import GripperCommand
from controller_manager_msgs.srv import (
    ListControllers,
    ListHardwareComponents,
    ListHardwareInterfaces,
    SetHardwareComponentState,
    SwitchController,
)
from twincell_contract import names, qos
from twincell_msgs.msg import ArmStatus, LoopTiming, WorldState
from twincell_msgs.srv import RandomizeWorld, ResetWorld, SetBodyPose, StepWorld

from .arm_process import launch

PROFILE = load_profile("ur5")
HOME = PROFILE.home


PATIENCE_S = 40.0
"""For a busy machine: a node has taken 16 s to start there."""


class Client:
    """A cell's other side: keeps the newest message of every topic it looks at."""

    def __init__(self, namespace: str) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = rclpy.create_node("client", namespace=namespace, context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.newest: dict[str, object] = {}
        self.counts: dict[str, int] = {}
        for kind, topic, profile in (
            (JointState, names.JOINT_STATES, qos.streaming(1000)),
            (JointState, names.GRIPPER_STATE, qos.streaming()),
            (ArmStatus, names.ARM_STATUS, qos.latched()),
            (LoopTiming, names.ARM_TIMING, qos.streaming()),
            (WorldState, names.WORLD_STATE, qos.streaming()),
            (WrenchStamped, names.WRENCH, qos.streaming()),
        ):
            self.node.create_subscription(kind, topic, lambda m, t=topic: self._note(t, m), profile)
        self.commands = self.node.create_publisher(Float64MultiArray, names.COMMANDS, qos.streaming())
        self.grip = self.node.create_publisher(GripperCommand, names.GRIPPER_COMMAND, qos.streaming())

    def _note(self, topic, message) -> None:
        self.newest[topic] = message
        self.counts[topic] = self.counts.get(topic, 0) + 1

    def spin(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.01)

    def until(self, condition, seconds: float = PATIENCE_S) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (
                f"not within {seconds} s; status {self.newest.get(names.ARM_STATUS)}"
            )
            self.executor.spin_once(timeout_sec=0.01)

    def mode(self) -> int:
        status = self.newest.get(names.ARM_STATUS)
        return -1 if status is None else status.mode

    def position(self) -> np.ndarray:
        return np.array(self.newest[names.JOINT_STATES].position)

    def call(self, kind, name: str, /, **fields):
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(PATIENCE_S), name
        future = client.call_async(kind.Request(**fields))
        self.executor.spin_until_future_complete(future, PATIENCE_S)
        assert future.done(), name
        self.node.destroy_client(client)
        return future.result()

    def stream(self, offset: float, *, followed: bool = True) -> None:
        """Move the last joint by `offset` in half a second, then hold, 125 times a second.

        Ends when the arm has arrived and says that it follows, or after a second where it is not to follow. On a busy
        machine the stream may pause for longer than the arm's time-out: an `offset` inside the step guard is joined
        again.
        """
        start, begin = self.position(), time.monotonic()
        while (t := time.monotonic() - begin) < (20.0 if followed else 1.0):
            q = start.copy()
            q[-1] += offset * min(2.0 * t, 1.0)
            self.commands.publish(Float64MultiArray(data=q.tolist()))
            self.spin(0.008)
            arrived = t > 0.5 and abs(self.position()[-1] - start[-1] - offset) < 1e-3
            if followed and arrived and self.mode() == ArmStatus.MODE_FOLLOWING:
                return
        assert not followed, (
            f"the arm is {self.position() - start} from its start, status {self.newest[names.ARM_STATUS]}"
        )

    def silence(self, topic: str, seconds: float = 0.3) -> None:
        """Wait until nothing has come on a topic for so long; what was sent before may still be on its way."""
        for _ in range(20):
            before = self.counts[topic]
            self.spin(seconds)
            if self.counts[topic] == before:
                return
        raise AssertionError(f"{topic} goes on")

    def close(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


@pytest.fixture(scope="module")
def cell():
    namespace = f"arm_test_{os.getpid()}"
    process = launch(namespace)
    client = Client(namespace)
    try:
        client.until(lambda: client.mode() == ArmStatus.MODE_HOLDING and names.JOINT_STATES in client.newest)
        client.until(
            lambda: client.commands.get_subscription_count() and client.grip.get_subscription_count()
        )
        yield client
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)  # a terminal and a launcher both send one
        output, _ = process.communicate(timeout=20.0)
        assert process.returncode == 0, output
        assert "Traceback" not in output
    finally:
        process.kill()
        client.close()


@pytest.fixture(autouse=True)
def at_home(request):
    """Every test starts with the arm holding at home."""
    if "cell" in request.fixturenames:
        client = request.getfixturevalue("cell")
        assert client.call(ResetWorld, names.WORLD_RESET).success
        client.until(lambda: client.mode() == ArmStatus.MODE_HOLDING)
        client.until(lambda: np.abs(client.position() - HOME).max() < 1e-6)


def test_states_come_at_their_rates_with_names_and_frames(cell):
    def as_promised(rate: dict[str, float], ticks: int) -> bool:
        return (
            rate[names.JOINT_STATES] == pytest.approx(PROFILE.rate_hz, rel=0.05)
            and 100 < rate[names.WRENCH] <= 126
            and 10 <= rate[names.WORLD_STATE] <= 61
            and ticks > 100
        )

    cell.spin(0.5)
    for _ in range(8):  # a busy machine may stand still in one of these windows
        before, begin = dict(cell.counts), time.monotonic()
        cell.spin(2.0)
        seconds = time.monotonic() - begin
        rate = {topic: (count - before.get(topic, 0)) / seconds for topic, count in cell.counts.items()}
        timing = cell.newest[names.ARM_TIMING]
        if as_promised(rate, len(timing.lateness_ms)):
            break
    assert as_promised(rate, len(timing.lateness_ms)), (rate, len(timing.lateness_ms))
    joints = cell.newest[names.JOINT_STATES]
    assert tuple(joints.name) == PROFILE.joint_names and joints.header.frame_id == "base_link"
    assert cell.newest[names.WRENCH].header.frame_id == "tool0"
    assert timing.loop == "arm" and timing.period_ms == pytest.approx(8.0)


def test_stream_is_followed_and_silence_ends_in_holding(cell):
    cell.stream(0.08)
    assert cell.mode() == ArmStatus.MODE_FOLLOWING
    cell.until(lambda: cell.mode() == ArmStatus.MODE_HOLDING)


def test_wrong_commands_are_dropped_and_counted(cell):
    seen = cell.counts[names.ARM_STATUS]
    cell.until(lambda: cell.counts[names.ARM_STATUS] >= seen + 2)  # that counts all of the tests before
    dropped = cell.newest[names.ARM_STATUS].commands_dropped
    for data in ([0.0] * 5, [float("nan")] * 6, (HOME + 1.0).tolist()):
        cell.commands.publish(Float64MultiArray(data=data))
        cell.spin(0.05)
    cell.until(lambda: cell.newest[names.ARM_STATUS].commands_dropped == dropped + 3)
    np.testing.assert_allclose(cell.position(), HOME, atol=1e-4)


def test_deactivated_forward_controller_ignores_commands(cell):
    def switch(**fields):
        return cell.call(SwitchController, "controller_manager/switch_controller", **fields)

    controller = "forward_position_controller"
    assert switch(deactivate_controllers=[controller]).ok
    listed = {c.name: c for c in cell.call(ListControllers, "controller_manager/list_controllers").controller}
    assert listed[controller].state == "inactive" and listed[controller].claimed_interfaces == []
    interfaces = cell.call(ListHardwareInterfaces, "controller_manager/list_hardware_interfaces")
    assert not any(i.is_claimed for i in interfaces.command_interfaces)
    cell.stream(0.08, followed=False)
    np.testing.assert_allclose(cell.position(), HOME, atol=1e-4)
    refused = switch(activate_controllers=["nonsense"], strictness=SwitchController.Request.STRICT)
    assert not refused.ok and "nonsense" in refused.message
    assert switch(activate_controllers=[controller]).ok
    cell.stream(0.08)


def test_deactivated_broadcaster_is_silent(cell):
    name = "force_torque_sensor_broadcaster"
    cell.call(SwitchController, "controller_manager/switch_controller", deactivate_controllers=[name])
    cell.silence(names.WRENCH)
    before = cell.counts[names.WRENCH]
    cell.call(SwitchController, "controller_manager/switch_controller", activate_controllers=[name])
    cell.until(lambda: cell.counts[names.WRENCH] > before + 5)


def test_hardware_component_state_is_that_of_the_brakes(cell):
    def component():
        return cell.call(ListHardwareComponents, "controller_manager/list_hardware_components").component[0]

    assert component().name == "ur5" and component().state.label == "active"
    answer = cell.call(
        SetHardwareComponentState,
        "controller_manager/set_hardware_component_state",
        name="ur5",
        target_state=State(label="inactive"),
    )
    assert answer.ok and answer.state.label == "inactive"
    cell.until(lambda: cell.mode() == ArmStatus.MODE_DISABLED)
    assert not any(i.is_available for i in component().command_interfaces)
    assert cell.call(Trigger, names.ARM_ENABLE).success
    cell.until(lambda: cell.mode() == ArmStatus.MODE_HOLDING)


def test_inactive_lifecycle_publishes_states_but_does_not_follow(cell):
    def transition(number: int) -> bool:
        return cell.call(ChangeState, "arm/change_state", transition=Transition(id=number)).success

    assert transition(Transition.TRANSITION_DEACTIVATE)
    before = cell.counts[names.JOINT_STATES]
    cell.stream(0.08, followed=False)
    cell.until(lambda: cell.counts[names.JOINT_STATES] > before + 50)
    np.testing.assert_allclose(cell.position(), HOME, atol=1e-4)
    assert transition(Transition.TRANSITION_ACTIVATE)


def test_stop_and_recover_services(cell):
    assert cell.call(Trigger, names.ARM_STOP).success
    cell.stream(0.08, followed=False)
    np.testing.assert_allclose(cell.position(), HOME, atol=1e-4)
    assert cell.call(Trigger, names.ARM_RECOVER).success
    cell.stream(0.08)


def test_gripper_goes_to_the_width_asked_for(cell):
    cell.grip.publish(GripperCommand(position=0.04, max_effort=20.0))
    cell.until(lambda: abs(cell.newest[names.GRIPPER_STATE].position[0] - 0.04) < 1e-3)
    cell.grip.publish(GripperCommand(position=load_gripper("two_finger").stroke))
    cell.until(lambda: cell.newest[names.GRIPPER_STATE].position[0] > 0.08)


def test_world_pauses_steps_and_resumes(cell):
    refused = cell.call(StepWorld, names.WORLD_STEP, steps=1)
    assert not refused.success and "paused" in refused.message
    assert cell.call(SetBool, names.WORLD_PAUSE, data=True).success
    first = cell.call(StepWorld, names.WORLD_STEP, steps=0).time
    cell.spin(0.2)
    stepped = cell.call(StepWorld, names.WORLD_STEP, steps=25)
    assert stepped.success and stepped.time - first == pytest.approx(25 * PROFILE.tick_s, abs=1e-9)
    assert cell.call(SetBool, names.WORLD_PAUSE, data=False).success


def test_world_reset_randomise_and_target(cell):
    pose = SetBodyPose.Request(body="target")
    pose.pose.header.frame_id = "base_link"
    pose.pose.pose.position.x, pose.pose.pose.position.z = 0.4, 0.3
    pose.pose.pose.orientation.w = 1.0
    assert cell.call(SetBodyPose, names.WORLD_SET_BODY_POSE, body="target", pose=pose.pose).success
    cell.until(lambda: abs(cell.newest[names.WORLD_STATE].mocap_pos[2] - 1.15) < 1e-9)
    pose.pose.header.frame_id = "nowhere"
    refused = cell.call(SetBodyPose, names.WORLD_SET_BODY_POSE, body="target", pose=pose.pose)
    assert not refused.success and "nowhere" in refused.message
    sample = cell.call(RandomizeWorld, names.WORLD_RANDOMIZE, seed=4).sample
    cell.until(lambda: cell.newest[names.WORLD_STATE].randomization == sample)
    refused = cell.call(ResetWorld, names.WORLD_RESET, joint_names=["elbow_joint"], positions=[0.1])
    assert not refused.success and "elbow_joint" in refused.message
    q = (HOME + 0.1).tolist()[::-1]
    assert cell.call(
        ResetWorld, names.WORLD_RESET, joint_names=list(PROFILE.joint_names)[::-1], positions=q
    ).success
    cell.until(lambda: np.abs(cell.position() - HOME - 0.1).max() < 1e-6)


@pytest.mark.parametrize(
    ("parameter", "word"),
    [
        ("scene:=nowhere", "nowhere"),
        ("backend:=warp", "warp"),
        ("robot:=kuka", "kuka"),
        ("clock:=moon", "moon"),
    ],
)
def test_wrong_words_are_one_line_and_code_2(parameter, word):
    process = launch(f"bad_{os.getpid()}", parameter)
    output, _ = process.communicate(timeout=60.0)
    lines = [line for line in output.splitlines() if "error:" in line]
    assert process.returncode == 2, output
    assert len(lines) == 1 and word in lines[0] and "Traceback" not in output
