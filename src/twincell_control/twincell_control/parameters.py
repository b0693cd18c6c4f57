"""Parameters of both processes of the controller."""

from __future__ import annotations

from twincell_runtime.params import Param

NO_GRIPPER = "the arm has no gripper (parameter gripper, in a cell the scene's field gripper)"
"""Why goals and commands for the gripper are refused where there is none."""

COMMON = (
    Param("robot", "ur5e", "Robot profile, a file of config/robots"),
    Param("variant", "", "Hardware variant of the profile; empty: its default"),
    Param("tf_prefix", "", "Prefix of joint and frame names"),
    Param("safety", "slow", "Safety profile: a name of config/safety or a YAML file"),
    Param(
        "gripper", "two_finger", "Gripper profile, a file of config/grippers; none: the arm has no gripper"
    ),
    Param(
        "clock",
        "wall",
        "Time of the control loop: the system's, the simulation's, or in step with the arm",
        choices=("wall", "sim", "lockstep"),
    ),
)

FRONT = (
    Param(
        "speed_scale",
        1.0,
        "Scales all requested velocities and the time of trajectories; takes effect at once",
        minimum=0.0,
        maximum=1.0,
        read_only=False,
    ),
    Param("action_monitor_rate", 20.0, "Rate of action feedback", "Hz", minimum=1.0, maximum=100.0),
    Param(
        "gripper_tolerance",
        0.002,
        "Width error at which the gripper has arrived",
        "m",
        minimum=1e-4,
        maximum=0.05,
    ),
    Param(
        "gripper_stall_velocity",
        0.001,
        "Speed below which the gripper stands",
        "m/s",
        minimum=0.0,
        maximum=0.1,
    ),
    Param(
        "gripper_stall_timeout",
        0.5,
        "Standing time after which the gripper has stalled",
        "s",
        minimum=0.05,
        maximum=10.0,
    ),
    Param(
        "gripper_allow_stalling",
        False,
        "Whether a gripper goal that ends on an object succeeds; its result says stalled either way",
    ),
)
