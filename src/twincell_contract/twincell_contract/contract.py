"""The contract as data: every topic, service and action of a cell.

docs/contract.md is written from these tables and the conformance checker tests a running cell against them.
Names come from ros2_control, realsense-ros and MoveIt Servo, so that their clients work unchanged.
"""

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, TwistStamped, WrenchStamped
from lifecycle_msgs.srv import ChangeState, GetState
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, Float64MultiArray, String
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from control_msgs.action import FollowJointTrajectory, GripperCommand, ParallelGripperCommand
from control_msgs.msg import DynamicJointState, JointJog
from control_msgs.msg import GripperCommand as GripperCommandMsg
from controller_manager_msgs.srv import (
    CleanupController,
    ConfigureController,
    ListControllers,
    ListControllerTypes,
    ListHardwareComponents,
    ListHardwareInterfaces,
    LoadController,
    ReloadControllerLibraries,
    SetHardwareComponentState,
    SwitchController,
    UnloadController,
)
from tf2_msgs.msg import TFMessage
from twincell_msgs.action import RunPolicy
from twincell_msgs.msg import ArmStatus, ControllerStatus, LoopTiming, PolicyTiming, TickAck, WorldState
from twincell_msgs.srv import (
    Acquire,
    EndEpisode,
    RandomizeWorld,
    Release,
    ResetCell,
    ResetWorld,
    SetBodyPose,
    StartEpisode,
    StepWorld,
)

from . import names, qos
from .entries import Action, Rate, Room, Service, Topic, When

ROOT = "root frame"
ROBOT_RATE = Rate(0.95, 1.05, of_robot=True)
STATE_RATE = Rate(20.0, 125.0)
"""Broadcasters next to joint_states. UR's speed scaling runs at 100 Hz, its CB3 arms update at 125 Hz."""

ARM_TOPICS = (
    Topic(
        names.JOINT_STATES,
        JointState,
        Room.ARM,
        rate=ROBOT_RATE,
        frame=ROOT,
        unit="rad, rad/s, effort in N m (UR hardware: motor current in A)",
        order="chain order; clients index by name",
        note="Stamped with the time of the measurement, one message per control tick of the arm.",
    ),
    Topic(
        names.DYNAMIC_JOINT_STATES,
        DynamicJointState,
        Room.ARM,
        rate=STATE_RATE,
        frame=ROOT,
        unit="rad, rad/s, N m",
        order="by name; interfaces position, velocity, effort",
    ),
    Topic(
        names.TCP_POSE,
        PoseStamped,
        Room.ARM,
        rate=STATE_RATE,
        frame=ROOT,
        unit="m, unit quaternion",
        note="Pose of the tool frame, from the measured joint positions.",
    ),
    Topic(
        names.WRENCH,
        WrenchStamped,
        Room.ARM,
        rate=STATE_RATE,
        frame="tool frame",
        unit="N, N m",
        note="At the flange. arm/status says whether it is measured or estimated.",
    ),
    Topic(names.SPEED_SCALING, Float64, Room.ARM, rate=STATE_RATE, unit="percent, 0 to 100"),
    Topic(
        names.ARM_STATUS,
        ArmStatus,
        Room.ARM,
        qos=qos.latched(),
        rate=Rate(1.5, 200.0),
        note="Latched; on every change and at 2 Hz. Mode, fault, brakes, reason and command counters.",
    ),
    Topic(names.ARM_TIMING, LoopTiming, Room.ARM, rate=Rate(0.5, 2.5), unit="ms"),
    Topic(
        names.COMMANDS,
        Float64MultiArray,
        Room.ARM,
        published=False,
        unit="rad",
        order="chain order, one value per joint",
        note="Non-finite, of the wrong length or further from the arm's reference than its step guard: dropped "
        "and counted. Silence for longer than the arm's time-out: the arm decelerates by its own stored stop.",
    ),
    Topic(
        names.GRIPPER_COMMAND,
        GripperCommandMsg,
        Room.ARM,
        published=False,
        unit="m between the fingers, N",
        note="max_effort 0 means the gripper's own default.",
        when=When.GRIPPER,
    ),
    Topic(
        names.GRIPPER_STATE,
        JointState,
        Room.ARM,
        rate=STATE_RATE,
        unit="m between the fingers, m/s, N",
        order="one entry: the gripper's width",
        when=When.GRIPPER,
    ),
)

CONTROLLER_TOPICS = (
    Topic(
        names.COMMANDS,
        Float64MultiArray,
        Room.CONTROLLER,
        rate=ROBOT_RATE,
        unit="rad",
        order="chain order, one value per joint",
        note="Streamed from the controller's own command state, never from measured state. The controller is the "
        "only publisher.",
    ),
    Topic(
        names.CONTROLLER_STATUS,
        ControllerStatus,
        Room.CONTROLLER,
        rate=Rate(45.0, 55.0),
        order="tick_position is ticks x joints, row-major, chain order",
        note="Batches that hold every tick: owner, mode, reason bits, speed scale, ages, sequence, "
        "intervention.",
    ),
    Topic(names.CONTROLLER_TIMING, LoopTiming, Room.CONTROLLER, rate=Rate(0.5, 2.5), unit="ms"),
    *(
        topic
        for source in names.STREAMING_SOURCES
        for topic in (
            Topic(
                names.source_topic(source, "twist"),
                TwistStamped,
                Room.CONTROLLER,
                published=False,
                frame="root or tool frame",
                unit="m/s, rad/s",
                note="Velocity of the tool point.",
            ),
            Topic(
                names.source_topic(source, "joint_jog"),
                JointJog,
                Room.CONTROLLER,
                published=False,
                unit="rad/s",
                order="by name",
                note="Uses velocities; joints that are not named stand still.",
            ),
            Topic(
                names.source_topic(source, "pose"),
                PoseStamped,
                Room.CONTROLLER,
                published=False,
                frame=ROOT,
                unit="m, unit quaternion",
                note="Pose the tool frame shall reach.",
            ),
            Topic(
                names.source_topic(source, "trajectory"),
                JointTrajectory,
                Room.CONTROLLER,
                published=False,
                unit="rad, rad/s, s",
                order="by name",
                note="Action chunks: replaces what is left of the chunk before.",
            ),
            Topic(
                names.source_topic(source, "gripper"),
                Float64,
                Room.CONTROLLER,
                published=False,
                unit="opening, 0 (closed) to 1 (open)",
            ),
        )
    ),
)

COMMON_TOPICS = (
    Topic(
        names.TF,
        TFMessage,
        Room.CELL,
        qos=qos.streaming(100),
        rate=Rate(40.0, 60.0),
        unit="m, unit quaternion",
    ),
    Topic(names.TF_STATIC, TFMessage, Room.CELL, qos=qos.latched(), unit="m, unit quaternion"),
    Topic(
        names.ROBOT_DESCRIPTION,
        String,
        Room.CELL,
        qos=qos.latched(),
        note="URDF with the profile's limits and a `<ros2_control>` tag.",
    ),
    Topic(
        names.DIAGNOSTICS,
        DiagnosticArray,
        Room.ANY,
        rate=Rate(0.5, 20.0),
        note="One status per process, 1 Hz each.",
    ),
    Topic(
        names.WORLD_STATE,
        WorldState,
        Room.WORLD,
        rate=Rate(10.0, 63.0),
        unit="m, rad, s",
        note="Full qpos, scene hash and randomisation sample.",
        when=When.WORLD,
    ),
    Topic(
        names.WORLD_TICK_ACK,
        TickAck,
        Room.WORLD,
        published=False,
        note="Participants of a lockstep run acknowledge a tick.",
        when=When.LOCKSTEP,
    ),
    Topic(
        names.POLICY_TIMING,
        PolicyTiming,
        Room.POLICY,
        rate=Rate(0.0, 2.5),
        unit="ms",
        note="While a policy that reads images runs.",
    ),
    Topic(names.CLOCK, Clock, Room.WORLD, qos=qos.sensor(1), note="Simulated time.", when=When.SIM_CLOCK),
)

TOPICS = ARM_TOPICS + CONTROLLER_TOPICS + COMMON_TOPICS


def _controller_manager(name: str) -> str:
    return f"{names.CONTROLLER_MANAGER}/{name}"


SERVICES = (
    Service(names.ARM_ENABLE, Trigger, Room.ARM, "Releases the brakes; the arm holds."),
    Service(names.ARM_DISABLE, Trigger, Room.ARM, "The arm stops and engages its brakes."),
    Service(
        names.ARM_STOP,
        Trigger,
        Room.ARM,
        "The arm decelerates by its own stored stop and holds until arm/recover.",
    ),
    Service(names.ARM_RECOVER, Trigger, Room.ARM, "Clears a fault or stop. Acts only when a person asks."),
    Service("arm/get_state", GetState, Room.ARM, "Lifecycle state of the arm node."),
    Service("arm/change_state", ChangeState, Room.ARM, "Lifecycle transitions of the arm node."),
    Service(_controller_manager("list_controllers"), ListControllers, Room.ARM),
    Service(_controller_manager("list_controller_types"), ListControllerTypes, Room.ARM),
    Service(_controller_manager("list_hardware_components"), ListHardwareComponents, Room.ARM),
    Service(_controller_manager("list_hardware_interfaces"), ListHardwareInterfaces, Room.ARM),
    Service(
        _controller_manager("switch_controller"),
        SwitchController,
        Room.ARM,
        "Strictness 0 is best effort. A deactivated forward_position_controller ignores commands.",
    ),
    Service(_controller_manager("load_controller"), LoadController, Room.ARM),
    Service(_controller_manager("unload_controller"), UnloadController, Room.ARM),
    Service(_controller_manager("configure_controller"), ConfigureController, Room.ARM),
    Service(_controller_manager("cleanup_controller"), CleanupController, Room.ARM),
    Service(_controller_manager("reload_controller_libraries"), ReloadControllerLibraries, Room.ARM),
    Service(_controller_manager("set_hardware_component_state"), SetHardwareComponentState, Room.ARM),
    Service(
        names.CONTROLLER_ACQUIRE,
        Acquire,
        Room.CONTROLLER,
        "A lease for one source; teleop > planner > policy.",
    ),
    Service(names.CONTROLLER_RELEASE, Release, Room.CONTROLLER, "Hands the arm back."),
    Service(
        names.CONTROLLER_STOP, Trigger, Room.CONTROLLER, "Controlled stop; needs controller/reset afterwards."
    ),
    Service(names.CONTROLLER_RESET, Trigger, Room.CONTROLLER, "Acknowledges a stop or fault, at rest only."),
    Service(
        names.CELL_RESET,
        ResetCell,
        Room.CELL,
        "Teleport in the twin, a stopped arm included; safe move home on hardware.",
    ),
    Service(names.CELL_START_EPISODE, StartEpisode, Room.CELL),
    Service(names.CELL_END_EPISODE, EndEpisode, Room.CELL),
    Service(names.WORLD_RESET, ResetWorld, Room.WORLD, when=When.WORLD),
    Service(names.WORLD_RANDOMIZE, RandomizeWorld, Room.WORLD, when=When.WORLD),
    Service(names.WORLD_PAUSE, SetBool, Room.WORLD, "true pauses, false resumes.", when=When.WORLD),
    Service(names.WORLD_STEP, StepWorld, Room.WORLD, "Only while paused.", when=When.WORLD),
    Service(names.WORLD_SET_BODY_POSE, SetBodyPose, Room.WORLD, when=When.WORLD),
)

ACTIONS = (
    Action(
        names.FOLLOW_JOINT_TRAJECTORY,
        FollowJointTrajectory,
        Room.CONTROLLER,
        "What MoveIt calls; joint_trajectory_controller's rules.",
    ),
    Action(
        names.PARALLEL_GRIPPER_ACTION,
        ParallelGripperCommand,
        Room.CONTROLLER,
        "position[0]: m between the fingers; effort[0]: N, optional.",
    ),
    Action(
        names.gripper_action("<robot>"),
        GripperCommand,
        Room.CONTROLLER,
        "position: m between the fingers; max_effort: N, 0 for the default.",
    ),
    Action(
        names.RUN_POLICY, RunPolicy, Room.POLICY, "Runs a policy package towards a goal; result with reason."
    ),
)

INTERNAL = (names.SERVO_REQUEST, names.SERVO_RESPONSE)
"""Between the two processes of the controller; not for other clients."""
