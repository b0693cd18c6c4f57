"""Names of the contract. All are relative, so that a namespace makes a second cell on the same host.

The names are those of ros2_control, realsense-ros and MoveIt Servo; docs/contract.md is generated from here.
"""

# Arm
JOINT_STATES = "joint_states"
DYNAMIC_JOINT_STATES = "dynamic_joint_states"
TCP_POSE = "tcp_pose_broadcaster/pose"
WRENCH = "force_torque_sensor_broadcaster/wrench"
SPEED_SCALING = "speed_scaling_state_broadcaster/speed_scaling"
ARM_STATUS = "arm/status"
ARM_TIMING = "arm/timing"
COMMANDS = "forward_position_controller/commands"
CONTROLLER_MANAGER = "controller_manager"
ARM_ENABLE = "arm/enable"
ARM_DISABLE = "arm/disable"
ARM_STOP = "arm/stop"
ARM_RECOVER = "arm/recover"
GRIPPER_COMMAND = "arm/gripper/command"
GRIPPER_STATE = "arm/gripper/state"

# Controller
FOLLOW_JOINT_TRAJECTORY = "joint_trajectory_controller/follow_joint_trajectory"
PARALLEL_GRIPPER_ACTION = "gripper_controller/gripper_cmd"
CONTROLLER_STATUS = "controller/status"
CONTROLLER_TIMING = "controller/timing"
CONTROLLER_ACQUIRE = "controller/acquire"
CONTROLLER_RELEASE = "controller/release"
CONTROLLER_STOP = "controller/stop"
CONTROLLER_RESET = "controller/reset"
SERVO_REQUEST = "controller/_servo/request"
SERVO_RESPONSE = "controller/_servo/response"

# Policy and cell
RUN_POLICY = "policy/run"
POLICY_TIMING = "policy/timing"
CELL_RESET = "cell/reset"
CELL_START_EPISODE = "cell/start_episode"
CELL_END_EPISODE = "cell/end_episode"

# World
WORLD_STATE = "world/state"
WORLD_RESET = "world/reset"
WORLD_RANDOMIZE = "world/randomize"
WORLD_PAUSE = "world/pause"
WORLD_STEP = "world/step"
WORLD_SET_BODY_POSE = "world/set_body_pose"
WORLD_TICK_ACK = "world/tick_ack"

# Common
TF = "tf"
TF_STATIC = "tf_static"
ROBOT_DESCRIPTION = "robot_description"
DIAGNOSTICS = "diagnostics"
CLOCK = "clock"

SOURCES = ("policy", "planner", "teleop")
"""Who may ask for motion, lowest priority first."""

STREAMING_SOURCES = ("policy", "teleop")
"""Sources with topics of their own; the planner comes in through FollowJointTrajectory."""


def source_topic(source: str, kind: str) -> str:
    """Topic on which `source` streams `kind`: twist, joint_jog, pose, trajectory or gripper."""
    return f"{source}/{kind}"


def gripper_action(robot: str) -> str:
    """Name of the GripperCommand action, as xarm_ros2 calls it: `<robot>_gripper/gripper_action`."""
    return f"{robot}_gripper/gripper_action"


def camera(name: str, what: str) -> str:
    """A name of the camera `name`, such as `color/image_raw`, below realsense-ros's default camera_namespace."""
    return f"camera/{name}/{what}"


CAMERA_IMAGES = {
    "color": "color/image_raw",
    "depth": "depth/image_rect_raw",
    "aligned": "aligned_depth_to_color/image_raw",
}
"""Image topic of each stream; its camera_info lies beside it."""


def camera_image(name: str, stream: str) -> str:
    """Image topic of a stream: color, depth or aligned."""
    return camera(name, CAMERA_IMAGES[stream])


def camera_info(name: str, stream: str) -> str:
    """CameraInfo topic of a stream."""
    return camera(name, CAMERA_IMAGES[stream].rpartition("/")[0] + "/camera_info")


def camera_metadata(name: str, stream: str) -> str:
    """Metadata topic of a stream: color or depth."""
    return camera(name, f"{stream}/metadata")


def camera_extrinsics(name: str) -> str:
    """Latched transform from the depth to the color optical frame."""
    return camera(name, "extrinsics/depth_to_color")


def camera_device_info(name: str) -> str:
    """Service that says what the device is."""
    return camera(name, "device_info")
