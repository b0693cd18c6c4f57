"""The arm's state topics. Messages are built once and refilled; each broadcaster stops when it is deactivated."""

import math

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseStamped, WrenchStamped
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, Header

from control_msgs.msg import DynamicJointState, InterfaceValue
from twincell_arm import controllers
from twincell_arm.arm import Arm, ArmState
from twincell_arm.controllers import ControllerTable
from twincell_arm.driver import Mode, Status
from twincell_contract import names, qos
from twincell_msgs.msg import ArmStatus

BROADCAST_RATE = 125.0
"""[Hz] Upper bound of the broadcasters beside joint_states."""
SCALING_RATE = 25.0
GRIPPER_RATE = 50.0
"""[Hz]"""
GRIPPER_JOINT = "gripper_width"
"""Name of the one entry of arm/gripper/state: the free width between the fingers [m]."""


class StatePublishers:
    """Publishes an arm's state. `publish` is called by the loop once per tick."""

    def __init__(self, node: Node, arm: Arm, table: ControllerTable) -> None:
        profile = arm.profile
        self._arm, self._table, self._prefix = arm, table, profile.tf_prefix
        self._joints = node.create_publisher(JointState, names.JOINT_STATES, qos.streaming())
        self._dynamic = node.create_publisher(DynamicJointState, names.DYNAMIC_JOINT_STATES, qos.streaming())
        self._pose = node.create_publisher(PoseStamped, names.TCP_POSE, qos.streaming())
        self._wrench = node.create_publisher(WrenchStamped, names.WRENCH, qos.streaming())
        self._scaling = node.create_publisher(Float64, names.SPEED_SCALING, qos.streaming())
        self._gripper = node.create_publisher(JointState, names.GRIPPER_STATE, qos.streaming())
        joint_names = list(profile.joint_names)
        self._joint_message = JointState(name=joint_names)
        self._joint_message.header.frame_id = profile.root_frame
        self._dynamic_message = DynamicJointState(
            joint_names=joint_names,
            interface_values=[
                InterfaceValue(interface_names=["position", "velocity", "effort"], values=[0.0] * 3)
                for _ in joint_names
            ],
        )
        self._dynamic_message.header.frame_id = profile.root_frame
        self._pose_message = PoseStamped()
        self._pose_message.header.frame_id = profile.root_frame
        self._wrench_message = WrenchStamped()
        self._wrench_message.header.frame_id = profile.tool_frame
        self._gripper_message = JointState(name=[GRIPPER_JOINT])
        # different phases, so that slower topics do not fall into the same tick
        self._every = max(math.ceil(profile.rate_hz / BROADCAST_RATE), 1)
        self._phases = [k % self._every for k in range(3)]
        self._every_scaling = max(round(profile.rate_hz / SCALING_RATE), 1)
        self._every_gripper = max(round(profile.rate_hz / GRIPPER_RATE), 1)
        self._last_width: tuple[float, int] | None = None

    def publish(self, tick: int, stamp_ns: int, state: ArmState) -> None:
        """Publish what is due in this tick."""
        seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
        position, velocity, effort = state.position.tolist(), state.velocity.tolist(), state.effort.tolist()
        active = self._table.is_active
        if active(controllers.JOINT_STATES):
            message = self._joint_message
            _stamp(message.header, seconds, nanoseconds)
            message.position, message.velocity, message.effort = position, velocity, effort
            self._joints.publish(message)
            if tick % self._every == self._phases[0]:
                _stamp(self._dynamic_message.header, seconds, nanoseconds)
                for entry, values in zip(
                    self._dynamic_message.interface_values,
                    zip(position, velocity, effort, strict=True),
                    strict=True,
                ):
                    entry.values = list(values)
                self._dynamic.publish(self._dynamic_message)
        if tick % self._every == self._phases[1] and active(controllers.TCP_POSE):
            self._publish_pose(seconds, nanoseconds)
        if tick % self._every == self._phases[2] and active(controllers.WRENCH):
            self._publish_wrench(seconds, nanoseconds)
        if tick % self._every_scaling == 0 and active(controllers.SPEED_SCALING):
            self._scaling.publish(Float64(data=state.speed_scaling))
        if tick % self._every_gripper == 1 % self._every_gripper:
            self._publish_gripper(stamp_ns)

    def _publish_pose(self, seconds: int, nanoseconds: int) -> None:
        message = self._pose_message
        _stamp(message.header, seconds, nanoseconds)
        position, quat = self._arm.tool()
        point, turn = message.pose.position, message.pose.orientation
        point.x, point.y, point.z = position.tolist()
        turn.w, turn.x, turn.y, turn.z = quat.tolist()
        self._pose.publish(message)

    def _publish_wrench(self, seconds: int, nanoseconds: int) -> None:
        wrench = self._arm.wrench()
        if wrench is None:
            return
        message = self._wrench_message
        _stamp(message.header, seconds, nanoseconds)
        force, torque = message.wrench.force, message.wrench.torque
        force.x, force.y, force.z, torque.x, torque.y, torque.z = wrench.tolist()
        self._wrench.publish(message)

    def _publish_gripper(self, stamp_ns: int) -> None:
        gripper = self._arm.gripper()
        if gripper is None:
            return
        message = self._gripper_message
        _stamp(message.header, *divmod(stamp_ns, 1_000_000_000))
        velocity = 0.0
        if self._last_width is not None and stamp_ns > self._last_width[1]:
            velocity = 1e9 * (gripper.width_m - self._last_width[0]) / (stamp_ns - self._last_width[1])
        self._last_width = (gripper.width_m, stamp_ns)
        message.position, message.velocity, message.effort = [gripper.width_m], [velocity], [gripper.effort]
        self._gripper.publish(message)


class StatusPublishers:
    """arm/status (latched, on change and at 2 Hz) and diagnostics (1 Hz)."""

    def __init__(self, node: Node, arm: Arm) -> None:
        self._status = node.create_publisher(ArmStatus, names.ARM_STATUS, qos.latched())
        self._diagnostics = node.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.streaming())
        profile = arm.profile
        self._message = ArmStatus(
            robot=profile.name,
            variant=profile.variant,
            backend=arm.backend,
            wrench_estimated=arm.wrench_estimated,
        )
        self._message.header.frame_id = profile.root_frame
        self._hardware_id = f"{profile.name} {arm.backend}"
        self._shown: tuple[object, ...] | None = None

    def publish_status(self, status: Status, stamp_ns: int, due: bool) -> None:
        """Publish if `due` or if anything but the counters has changed."""
        shown = (status.mode, status.fault, status.enabled, status.program_running, status.reason)
        if not due and shown == self._shown:
            return
        self._shown = shown
        message = self._message
        _stamp(message.header, *divmod(stamp_ns, 1_000_000_000))
        message.mode, message.fault = int(status.mode), int(status.fault)
        message.brakes_released, message.program_running = status.enabled, status.program_running
        message.reason, message.speed_scaling = status.reason, status.speed_scaling
        message.commands_received, message.commands_dropped = status.received, status.dropped
        self._status.publish(message)

    def publish_diagnostics(self, status: Status, stamp_ns: int, worst_lateness_ms: float) -> None:
        """One DiagnosticStatus of the arm."""
        entry = DiagnosticStatus(name="arm: robot", hardware_id=self._hardware_id)
        if status.mode in (Mode.FAULT, Mode.ESTOP, Mode.DISCONNECTED):
            entry.level = DiagnosticStatus.ERROR
        elif status.mode == Mode.DISABLED or status.reason:
            entry.level = DiagnosticStatus.WARN
        else:
            entry.level = DiagnosticStatus.OK
        entry.message = status.reason or status.mode.name.lower()
        entry.values = [
            KeyValue(key="mode", value=status.mode.name.lower()),
            KeyValue(key="commands received", value=str(status.received)),
            KeyValue(key="commands dropped", value=str(status.dropped)),
            KeyValue(key="worst lateness [ms]", value=f"{worst_lateness_ms:.3f}"),
        ]
        message = DiagnosticArray(status=[entry])
        _stamp(message.header, *divmod(stamp_ns, 1_000_000_000))
        self._diagnostics.publish(message)


def _stamp(header: Header, seconds: int, nanoseconds: int) -> None:
    header.stamp.sec, header.stamp.nanosec = seconds, nanoseconds
