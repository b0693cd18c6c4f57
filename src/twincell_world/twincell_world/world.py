"""The MuJoCo twin of a cell: one arm with its servo, a gripper, and the things of a scene. ROS-free.

`command` then `step` is one tick of the robot (1 / rate_hz). This is also the fast path for training: no clock, no ROS,
a few thousand ticks a second and deterministic.

    profile = load_profile("ur5e")
    world = World(load_scene("reach", profile), profile)
    world.randomize(7)
    world.reset()
    for _ in range(500):
        world.command(q)
        world.step()
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray
from twincell_model.errors import UserError
from twincell_model.grippers import NONE as NO_GRIPPER
from twincell_model.profile import RobotProfile
from twincell_model.rotations import quat_from_rpy

from twincell_world import compose
from twincell_world.fingers import Fingers
from twincell_world.randomization import Randomizer, draw
from twincell_world.rotations import inverse, product, rotate
from twincell_world.scene import Scene
from twincell_world.servo import Servo

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WorldSnapshot:
    """The whole state of the physics, in MuJoCo's order."""

    steps: int
    time: float
    qpos: Array
    qvel: Array
    mocap_pos: Array
    mocap_quat: Array


class World:
    """One scene with one robot.

    Poses are in the robot's root frame unless said otherwise. Not thread-safe: one thread owns a world.
    """

    def __init__(
        self, scene: Scene, profile: RobotProfile, *, seed: int = 0, visuals: str = "primitives"
    ) -> None:
        """Compose and compile the scene. `seed` starts the sequence `randomize()` draws from without a seed.

        Raises UserError where the scene and the robot do not go together.
        """
        self.scene, self.profile = scene, profile
        self.visuals = visuals
        self.tick_s = profile.tick_s
        substeps = round(self.tick_s / scene.timestep_s)
        if substeps < 1 or abs(substeps * scene.timestep_s - self.tick_s) > 1e-9:
            raise UserError(
                f"scene '{scene.name}', field physics.timestep_s: {scene.timestep_s} does not divide the period "
                f"{self.tick_s} of {profile.name}"
            )
        self.model = compose.compile_scene(scene, profile, visuals)[1]
        self.data = mujoco.MjData(self.model)
        self.servo = Servo(
            self.model,
            self.data,
            profile.joint_names,
            lookahead_s=profile.servo.lookahead_s,
            delay_s=profile.servo.delay_s,
            gain=profile.servo.gain,
            max_effort=profile.max_effort,
            substeps=substeps,
        )
        self.fingers = Fingers(self.model, self.data, scene.gripper) if scene.gripper != NO_GRIPPER else None
        self._substeps = substeps
        self._root_pos = np.asarray(scene.robot_position, float)
        self._root_quat = quat_from_rpy(scene.robot_rpy)
        self._tool = self.model.site(profile.tf_prefix + compose.TOOL_SITE).id
        self._q = self.servo.positions
        self._v = self.servo.velocities
        self._force = self.data.sensor(compose.FORCE_SENSOR).data
        self._torque = self.data.sensor(compose.TORQUE_SENSOR).data
        self._next_seed = seed
        self._randomizer = Randomizer(self.model, scene, self.servo.dofs)
        self._stale_poses = True
        self.sample: dict[str, Any] = {}
        self.steps = 0
        self._command: Array = np.zeros(profile.dof)
        self.reset()

    @cached_property
    def scene_hash(self) -> str:
        """SHA-256 of the compiled scene without the arm's looks: equal for all `visuals`, which share one state."""
        spec, _ = compose.compile_scene(self.scene, self.profile, "none")
        return hashlib.sha256(spec.to_xml().encode()).hexdigest()

    @property
    def time(self) -> float:
        """Simulation time [s] since the start; a reset does not turn it back."""
        return self.steps * self.scene.timestep_s

    def command(self, q: ArrayLike) -> None:
        """Command joint positions [rad], (dof,), for the following ticks. Raises ValueError on shape or NaN."""
        command = np.array(q, dtype=float)
        if command.shape != self._command.shape or not np.isfinite(command).all():
            raise ValueError(f"a command needs {self._command.size} finite joint positions, not {q!r}")
        self._command = command

    def command_gripper(self, opening: float, max_effort: float = 0.0) -> None:
        """Move the gripper to `opening`, 0 closed to 1 open, with at most `max_effort` [N]; 0 = the gripper's own."""
        if self.fingers is None:
            raise UserError(f"scene '{self.scene.name}' has no gripper; set its field gripper")
        self.fingers.command(opening, max_effort)

    def step(self) -> None:
        """Advance by one tick of the robot: 1 / rate_hz."""
        if self.fingers is not None:
            self.fingers.tick(self.tick_s)
        self.servo.tick(self._command)
        self.steps += self._substeps
        self._stale_poses = True

    def joints(self) -> tuple[Array, Array, Array]:
        """Position [rad], velocity [rad/s] and effort [Nm] of the arm's joints, (dof,) each."""
        return self._q.copy(), self._v.copy(), self.servo.efforts.copy()

    def tracking_error(self) -> Array:
        """Servo reference minus measured position [rad], (dof,): the part that is not delay or look-ahead."""
        return self.servo.filter.position - self._q

    def tool(self) -> tuple[Array, Array]:
        """Position [m] and quaternion (w, x, y, z) of the tool frame in the root frame."""
        self._refresh_poses()
        quat = np.zeros(4)
        mujoco.mju_mat2Quat(quat, self.data.site_xmat[self._tool])
        return self._to_root(self.data.site_xpos[self._tool], quat)

    def root_pose(self) -> tuple[Array, Array]:
        """Position [m] and quaternion (w, x, y, z) of the robot's root frame in the world frame."""
        return self._root_pos.copy(), self._root_quat.copy()

    def wrench(self) -> Array:
        """Force [N] and torque [Nm] that everything beyond the flange puts on it, (6,), in the tool frame.

        As a real sensor without taring it holds the weight and the inertial forces of gripper and payload.
        """
        # MuJoCo's sensors hold what the flange puts on its load
        return -np.concatenate((self._force, self._torque))

    def gripper(self) -> tuple[float, float, float]:
        """Opening 0-1, width between the fingers [m] and effort [N]. (0, 0, 0) without a gripper."""
        return self.fingers.state() if self.fingers is not None else (0.0, 0.0, 0.0)

    def reset(self, q: ArrayLike | None = None) -> None:
        """Put everything at its start: joints at `q` [rad] or the scene's start pose, objects where the sample in
        force has them, targets and gripper at their start. Time goes on."""
        model, data = self.model, self.data
        start = np.asarray(self.scene.start_joints) + np.asarray(self.sample.get("start_joints", 0.0))
        start = np.asarray(start if q is None else q, dtype=float)
        if start.shape != self._q.shape or not np.isfinite(start).all():
            raise UserError(
                f"a start pose of {self.profile.name} needs {self._q.size} finite joint positions"
            )
        if (start < self.profile.lower).any() or (start > self.profile.upper).any():
            joint = self.profile.joint_names[
                int(np.argmax((start < self.profile.lower) | (start > self.profile.upper)))
            ]
            raise UserError(f"the start pose is outside the position limits of joint {joint}")
        mujoco.mj_resetData(model, data)
        data.time = self.time
        self._q[:] = start
        for name, place in self.sample.get("objects", {}).items():
            self._place(name, place)
        if self.fingers is not None:
            self.fingers.reset(self.scene.start_opening)
        mujoco.mj_forward(model, data)
        self.servo.reset()
        self._command = start.copy()
        self._stale_poses = True

    def randomize(self, seed: int | None = None) -> dict[str, Any]:
        """Draw a sample from `seed` (or the next of the world's own sequence), put it in force and return it.

        Objects move at once; the start pose counts from the next reset. To be called with the arm at rest.
        """
        if seed is None:
            seed, self._next_seed = self._next_seed, self._next_seed + 1
        self.apply_sample(draw(self.scene, seed))
        return self.sample

    def apply_sample(self, sample: dict[str, Any]) -> None:
        """Put a sample of `randomization.draw` in force, for instance the one in world/state."""
        self.sample = sample
        self._randomizer.apply(sample)
        self.servo.configure(gain_factor=sample.get("servo_gain", 1.0), delay_s=sample.get("servo_delay_s"))
        for name, place in sample.get("objects", {}).items():
            self._place(name, place)
        self._stale_poses = True

    def _place(self, name: str, place: dict[str, Any]) -> None:
        joint = self.data.joint(f"{name}_free")
        if "position" in place:
            joint.qpos[:3] = place["position"]
        if "yaw" in place:
            joint.qpos[3:] = quat_from_rpy((0.0, 0.0, place["yaw"]))
        joint.qvel[:] = 0.0

    def set_body_pose(
        self, name: str, pos: ArrayLike, quat: ArrayLike = (1.0, 0.0, 0.0, 0.0), frame: str = "root"
    ) -> None:
        """Move a target or a free object to a pose in the robot's root frame, or in the world frame with frame="world".

        Raises UserError for a name that is neither, and for a pose that is not finite or has no unit quaternion.
        """
        p, r = np.asarray(pos, dtype=float), np.asarray(quat, dtype=float)
        if p.shape != (3,) or r.shape != (4,) or not (np.isfinite(p).all() and np.isfinite(r).all()):
            raise UserError(f"the pose of '{name}' needs 3 finite positions and a finite quaternion")
        if abs(float(np.linalg.norm(r)) - 1.0) > 1e-2:
            raise UserError(f"the quaternion of the pose of '{name}' does not have unit length")
        r = r / np.linalg.norm(r)
        if frame == "root":
            p, r = self._root_pos + rotate(self._root_quat, p), product(self._root_quat, r)
        elif frame != "world":
            raise UserError(
                f"unknown frame '{frame}' for the pose of '{name}'; use {self.profile.root_frame} or world"
            )
        self._body(name)
        if name in {target.name for target in self.scene.targets}:
            mocap = int(self.model.body(name).mocapid[0])
            self.data.mocap_pos[mocap], self.data.mocap_quat[mocap] = p, r
        else:
            joint = self.data.joint(f"{name}_free")
            joint.qpos[:3], joint.qpos[3:], joint.qvel[:] = p, r, 0.0
        self._stale_poses = True

    def body_pose(self, name: str) -> tuple[Array, Array]:
        """Position [m] and quaternion (w, x, y, z) of a target or object in the root frame."""
        self._body(name)
        self._refresh_poses()
        body = self.data.body(name)
        return self._to_root(body.xpos, body.xquat)

    def bodies(self) -> list[str]:
        """Names of what can be moved: targets and objects."""
        return [target.name for target in self.scene.targets] + [thing.name for thing in self.scene.objects]

    def state(self) -> WorldSnapshot:
        """A copy of the physics' state."""
        data = self.data
        return WorldSnapshot(
            steps=self.steps,
            time=self.time,
            qpos=data.qpos.copy(),
            qvel=data.qvel.copy(),
            mocap_pos=data.mocap_pos.copy(),
            mocap_quat=data.mocap_quat.copy(),
        )

    def set_state(self, snapshot: WorldSnapshot) -> None:
        """Show another world's state, for rendering: positions only follow, the servo does not."""
        data = self.data
        data.qpos[:], data.qvel[:] = snapshot.qpos, snapshot.qvel
        data.mocap_pos[:], data.mocap_quat[:] = snapshot.mocap_pos, snapshot.mocap_quat
        self._stale_poses = True
        self._refresh_poses()

    def _body(self, name: str) -> None:
        if name not in self.bodies():
            raise UserError(
                f"scene '{self.scene.name}' has no target or object '{name}'; "
                f"it has: {', '.join(self.bodies()) or 'none'}"
            )

    def _to_root(self, pos: Array, quat: Array) -> tuple[Array, Array]:
        back = inverse(self._root_quat)
        return rotate(back, pos - self._root_pos), product(back, quat)

    def _refresh_poses(self) -> None:
        """After a step MuJoCo's poses belong to the step's start: compute those of the present joints."""
        if self._stale_poses:
            mujoco.mj_kinematics(self.model, self.data)
            self._stale_poses = False
