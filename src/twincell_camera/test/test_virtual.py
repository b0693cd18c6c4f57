"""Rendered frames against geometry: where a sphere appears, how far things are, what the two imagers see."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest
from twincell_camera.camera_set import CameraSpec, load_set
from twincell_camera.virtual import CameraRig
from twincell_model.errors import UserError
from twincell_world.world import World


def imager(world: World, camera: str, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Position (3,) and optical axes (3, 3) of an imager in the world, from the scene's camera."""
    mujoco.mj_kinematics(world.model, world.data)
    mujoco.mj_camlight(world.model, world.data)
    index = world.model.camera(camera).id
    axes = world.data.cam_xmat[index].reshape(3, 3) * (1.0, -1.0, -1.0)
    return world.data.cam_xpos[index] + shift * axes[:, 0], axes


def spot(with_target: np.ndarray, without: np.ndarray) -> np.ndarray:
    changed = np.abs(with_target.astype(int) - without).reshape(*without.shape[:2], -1).max(axis=2) > 12
    assert changed.any(), "the target is not in the picture"
    return np.argwhere(changed).mean(axis=0)[::-1]


@pytest.mark.parametrize("name", ["camera", "wrist"])
def test_a_sphere_appears_where_it_projects_to_in_each_imager(
    rig: CameraRig, world: World, name: str
) -> None:
    camera = rig.cameras[name].spec
    start = world.body_pose("target")
    streams = [("color", camera.color, -camera.model.color_offset_m), ("depth", camera.depth, 0.0)]
    for ray in ([0.1, -0.12, 1.0], [0.2, 0.05, 1.0], [0.0, 0.0, 1.0]):  # beside the gripper
        eye, axes = imager(world, name, 0.0)
        point = eye + axes @ (0.4 * np.array(ray))  # above the table
        world.set_body_pose("target", eye - 2.0 * axes[:, 2], frame="world")
        empty = {s: getattr(rig.capture(0)[name], s) for s, p, _ in streams if p is not None}
        empty = {stream: image.copy() for stream, image in empty.items()}
        world.set_body_pose("target", point, frame="world")
        images = rig.capture(1)[name]
        for stream, profile, shift in streams:
            if profile is None:
                continue
            eye, axes = imager(world, name, shift)
            expected = profile.intrinsics.project(((point - eye) @ axes)[None])[0]
            found = spot(getattr(images, stream), empty[stream])
            np.testing.assert_allclose(found, expected, atol=0.6, err_msg=f"{stream} {ray}")
    world.set_body_pose("target", *start)


def test_depth_is_the_distance_along_the_axis(rig: CameraRig, world: World) -> None:
    depth = rig.capture(0)["camera"].depth
    camera = rig.cameras["camera"].spec
    assert depth is not None and camera.depth is not None
    image = camera.depth.intrinsics
    eye, axes = imager(world, "camera", 0.0)
    groups, geom, errors = np.array([1, 1, 1, 0, 0, 0], np.uint8), np.zeros(1, np.int32), []
    for row in range(4, image.height, 13):
        for column in range(4, image.width, 13):
            ray = axes @ np.array([(column - image.cx) / image.fx, (row - image.cy) / image.fy, 1.0])
            far = mujoco.mj_ray(world.model, world.data, eye, ray, groups, 1, -1, geom, None)
            if 0.0 < far < 8.0:
                errors.append(abs(depth[row, column] - 1000.0 * far))
    assert len(errors) > 300
    assert np.median(errors) < 0.6 and np.percentile(errors, 90) < 3.0


def test_the_background_of_a_still_camera_is_kept_right(world: World, scene_camera: CameraSpec) -> None:
    """Drawn in two layers or at once, the picture is the same; after a new sample too."""
    start, sample = world.state(), world.sample
    with CameraRig(world, [scene_camera]) as rig:
        view = rig.cameras["camera"]._color_view
        assert view is not None and view._stands
        for change in (
            {},
            {"colors": {"table": [0.9, 0.1, 0.1, 1.0]}},
            {"cameras": {"camera": {"position": [0.1, 0, 0]}}},
        ):
            world.apply_sample(change)
            world.data.qpos[0] += 0.3
            layered = rig.capture(0)["camera"]
            color, depth = layered.color.copy(), layered.depth.copy()  # type: ignore[union-attr]
            view._stands, rig.cameras["camera"]._depth_view._stands = False, False  # type: ignore[union-attr]
            whole = rig.capture(0)["camera"]
            # the rasteriser rounds a level differently here and there
            np.testing.assert_allclose(color.astype(int), whole.color, atol=2)
            np.testing.assert_array_equal(depth, whole.depth)
            view._stands, rig.cameras["camera"]._depth_view._stands = True, True  # type: ignore[union-attr]
    world.apply_sample(sample)
    world.set_state(start)


def test_frames_depend_on_the_seed_and_number_alone(world: World) -> None:
    cameras = load_set("scene_and_wrist")

    def frame(seed: int, numbers: list[int]) -> tuple[bytes, bytes, bytes]:
        with CameraRig(world, cameras, seed) as rig:
            for number in numbers:
                images = rig.capture(number)
            scene, wrist = images["camera"], images["wrist"]
            return scene.color.tobytes(), scene.depth.tobytes(), wrist.color.tobytes()  # type: ignore[union-attr]

    first = frame(1, [9])
    assert frame(1, [1, 5, 9]) == first
    assert all(a != b for a, b in zip(frame(1, [8]), first, strict=True))
    assert all(a != b for a, b in zip(frame(2, [9]), first, strict=True))


def test_dark_things_lose_depth(world: World, scene_camera: CameraSpec) -> None:
    dark = replace(scene_camera, effects=scene_camera.with_effects("dark_surfaces").effects)
    with CameraRig(world, [scene_camera]) as ideal, CameraRig(world, [dark]) as rig:
        clean = ideal.capture(0)["camera"]
        lost = (rig.capture(0)["camera"].depth == 0) & (clean.depth > 0)  # type: ignore[operator]
        assert 50 < lost.sum() < 0.2 * lost.size


def test_a_camera_the_scene_lacks_is_refused(world: World, scene_camera: CameraSpec) -> None:
    with pytest.raises(UserError, match="has no camera 'ceiling'"):
        CameraRig(world, [replace(scene_camera, name="ceiling")])
