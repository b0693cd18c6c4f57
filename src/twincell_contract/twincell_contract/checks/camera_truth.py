"""Virtual cameras against the geometry of their scene: depth in mm, noise, what is hidden, where things appear.

Truth comes from rays through the scene, never from drawing it. The imperfections are switched by the camera node's
parameter `effects`; the last check puts them back.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters

from twincell_msgs.srv import SetBodyPose

from .. import names
from ..facts import Array, CameraFacts, SceneTruth
from .behaviour import hold
from .camera import link_to_optical
from .check import Failed, Item, require
from .frames import transforms
from .geometry import matrix, rotation
from .observer import Observer, stamp_ns

STEP = 5
"""Every so manieth row and column is compared with a ray."""
NOISE_FRAMES = 24
SETTLE_NS = 200_000_000
NEAR_M, FAR_M = 0.4, 6.0
"""Distances over which noise is measured."""
WORLD = "world"


def switch(cell: Observer, effects: str) -> tuple[bool, str]:
    """Set the imperfections of all cameras; whether that was accepted, and why not."""
    value = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=effects)
    request = SetParameters.Request(parameters=[Parameter(name="effects", value=value)])
    result = cell.call("camera/set_parameters", SetParameters, request).results[0]
    return bool(result.successful), str(result.reason)


def frames(cell: Observer, camera: CameraFacts, stream: str, effects: str, count: int = 1) -> Array:
    """`count` images of a stream with these imperfections, (count, height, width[, 3]), the arm at rest."""
    hold(cell)
    done, reason = switch(cell, effects)
    require(done, f"The camera node refuses effects '{effects}': {reason}")
    start, topic = cell.now_ns() + SETTLE_NS, names.camera_image(camera.name, stream)
    facts = camera.streams[stream]

    def fresh() -> list[NDArray[np.generic]]:
        return [
            np.frombuffer(item.msg.data, np.uint8 if stream == "color" else np.uint16).copy()
            for item in cell.messages(topic, start)
            if stamp_ns(item.msg.header.stamp) >= start and len(item.msg.data)
        ]

    cell.wait(lambda: len(cell.messages(topic, start)) >= count + 8, 5.0 + 4.0 * count / camera.rate_hz)
    found = fresh()[:count]
    require(len(found) == count, f"{len(found)} of {count} images on {topic}. Look at the machine's load.")
    shape = (facts.height, facts.width, 3) if stream == "color" else (facts.height, facts.width)
    return np.stack([pixels.reshape(shape) for pixels in found]).astype(np.float64)


def pose(cell: Observer, camera: CameraFacts, stream: str) -> Array:
    """Pose (4, 4) of a stream's imager in the world, by tf and the randomised offset of the camera in force."""
    state = cell.next(names.WORLD_STATE)
    offset = json.loads(state.randomization or "{}").get("cameras", {}).get(camera.name, {})
    imager = link_to_optical(cell, camera, stream)
    found, frame, mount = transforms(cell), camera.link_frame, np.eye(4)
    while frame != WORLD:
        require(
            frame in found, f"tf has no way from {camera.link_frame} to {WORLD}: nobody publishes {frame}."
        )
        frame, moved = found[frame]
        mount = moved @ mount
    optical = np.eye(4)
    optical[:3, :3] = imager[:3, :3]
    roll, pitch, yaw = (np.array(a) / 2.0 for a in offset.get("rpy", (0.0, 0.0, 0.0)))
    turns = [
        rotation(np.array([np.cos(angle), *(np.sin(angle) * np.eye(3)[axis])]))
        for axis, angle in enumerate((roll, pitch, yaw))
    ]
    shift = matrix(np.asarray(offset.get("position", (0.0, 0.0, 0.0))), turns[2] @ turns[1] @ turns[0])
    return np.asarray(mount @ optical @ shift @ np.linalg.inv(optical) @ imager)


def truth_of(cell: Observer) -> SceneTruth:
    """What is known of the scene. Raises Failed without it."""
    if cell.facts.truth is None:
        raise Failed("Nothing is known of the scene.")
    return cell.facts.truth


def cast(
    cell: Observer, camera: CameraFacts, stream: str, rows: NDArray[Any], columns: NDArray[Any]
) -> tuple[Array, NDArray[np.intp]]:
    """Depth along the optical axis (n,) [m], 0 where nothing is, and the geom (n,) seen at pixels (n,)."""
    at = pose(cell, camera, stream)
    rays = camera.streams[stream].rays(rows, columns)
    depth, geoms = truth_of(cell).distances(cell.next(names.WORLD_STATE), at[:3, 3], rays @ at[:3, :3].T)
    return np.maximum(depth, 0.0), geoms


def grid(camera: CameraFacts, stream: str, step: int = STEP) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of pixels spread over the image, away from its border."""
    facts = camera.streams[stream]
    rows, columns = np.mgrid[step : facts.height - step : step, step : facts.width - step : step]
    return rows.ravel(), columns.ravel()


def inner(depth: Array, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which of the pixels have no edge near them: their neighbours' depths differ by less than 4 %."""
    around = np.stack([depth[rows + dy, columns + dx] for dy in (-2, 0, 2) for dx in (-2, 0, 2)])
    low, high = around.min(axis=0), around.max(axis=0)
    return np.asarray((low > 0.0) & (high < 1.04 * low))


def depth_in_mm(camera: CameraFacts, cell: Observer) -> str:
    """Without imperfections the depth image holds the distance along the optical axis in mm."""
    depth = frames(cell, camera, "depth", "none")[0]
    rows, columns = grid(camera, "depth")
    expected, _ = cast(cell, camera, "depth", rows, columns)
    use = inner(depth, rows, columns) & (expected > 0.0) & (expected < 10.0)
    require(use.sum() > 100, f"Only {use.sum()} pixels of {camera.name} are away from edges.")
    error = np.abs(depth[rows, columns][use] - 1e3 * expected[use])
    share = error / expected[use]
    require(
        np.median(error) <= 1.0 and np.percentile(share, 95) <= 4.0,
        f"Depth of {camera.name} is off by {np.median(error):.1f} mm (median), {np.percentile(share, 95):.1f} mm per m "
        "(95 %). It must be mm along the optical axis of the left depth imager.",
    )
    return f"{use.sum()} pixels: median error {np.median(error):.2f} mm, 95 % within {np.percentile(error, 95):.2f} mm"


def aligned_in_mm(camera: CameraFacts, cell: Observer) -> str:
    """Aligned depth is the distance of what the color imager sees at its pixels."""
    depth = frames(cell, camera, "aligned", "none")[0]
    rows, columns = grid(camera, "aligned")
    expected, _ = cast(cell, camera, "aligned", rows, columns)
    use = inner(depth, rows, columns) & (expected > 0.0) & (expected < 6.0)
    require(use.sum() > 100, f"Only {use.sum()} aligned pixels of {camera.name} are away from edges.")
    share = np.abs(depth[rows, columns][use] / (1e3 * expected[use]) - 1.0)
    require(
        np.median(share) <= 0.006 and np.percentile(share, 90) <= 0.025,
        f"Aligned depth of {camera.name} is off by {np.median(share):.2%} (median), {np.percentile(share, 90):.2%} "
        "(90 %). Is the offset of the color imager taken with the right sign?",
    )
    return (
        f"{use.sum()} pixels: median error {np.median(share):.2%}, 90 % within {np.percentile(share, 90):.2%}"
    )


def still(camera: CameraFacts, cell: Observer) -> str:
    """Without imperfections a camera that looks at a world at rest sees the same thing twice, nearly."""
    stream = next(iter(camera.streams))
    pictures = frames(cell, camera, stream, "none", 2)
    changed = float((pictures[0] != pictures[1]).mean())
    require(changed < 0.02, f"{changed:.1%} of {camera.name} {stream} change although nothing moves.")
    return f"{changed:.2%} of the values change"


def disparities(camera: CameraFacts, cell: Observer) -> tuple[Array, Array]:
    """Disparity [pixel] of pixels away from edges in noisy frames (frames, n), and the true one (n,)."""
    depth = frames(cell, camera, "depth", "disparity_noise", NOISE_FRAMES)
    rows, columns = grid(camera, "depth", 4)
    expected, _ = cast(cell, camera, "depth", rows, columns)
    middle = np.median(depth, axis=0)
    use = (expected > NEAR_M) & (expected < FAR_M) & inner(middle, rows, columns)
    focal = 1e3 * camera.streams["depth"].fx * camera.baseline_m
    return focal / depth[:, rows[use], columns[use]], focal / (1e3 * expected[use])


def noise(camera: CameraFacts, cell: Observer) -> str:
    """The noise of the disparity has the device's spread and no bias: depth errors grow with the square of depth."""
    measured, true = disparities(camera, cell)
    require(measured.shape[1] > 100, "Too few pixels away from edges to measure noise.")
    spread = float(np.sqrt(measured.var(axis=0, ddof=1).mean()))
    bias = float((measured.mean(axis=0) - true).mean())
    require(
        abs(spread / camera.noise_px - 1.0) < 0.15,
        f"The disparity of {camera.name} has an RMS noise of {spread:.3f} pixels; the model has {camera.noise_px}.",
    )
    require(abs(bias) < 0.03, f"The disparity of {camera.name} is biased by {bias:.3f} pixels.")
    near, far = (np.quantile(true, q) for q in (0.75, 0.25))
    focal = camera.streams["depth"].fx * camera.baseline_m
    depth = focal / measured
    scatter = [float(np.median(depth.std(axis=0)[part])) for part in (true > near, true < far)]
    ratio = [float(np.median(focal / true[part])) for part in (true > near, true < far)]
    power = np.log(scatter[1] / scatter[0]) / np.log(ratio[1] / ratio[0])
    require(
        1.6 < power < 2.4,
        f"Depth noise of {camera.name} grows with depth to the power {power:.1f}; it must be 2.",
    )
    return (
        f"{spread:.3f} pixels RMS, bias {bias:+.3f}; {1e3 * scatter[0]:.1f} mm at {ratio[0]:.2f} m, "
        f"{1e3 * scatter[1]:.1f} mm at {ratio[1]:.2f} m: power {power:.2f}"
    )


def steps(camera: CameraFacts, cell: Observer) -> str:
    """Disparities come in steps of the device's sub-pixel resolution."""
    depth = frames(cell, camera, "depth", "quantisation")[0]
    focal = 1e3 * camera.streams["depth"].fx * camera.baseline_m
    disparity = focal / depth[depth > 0]
    fine = disparity**2 / focal < 0.4 * camera.step_px  # a mm is less than a step
    require(fine.sum() > 100, "Everything is too near to see the steps.")
    off = np.abs(disparity[fine] / camera.step_px - np.rint(disparity[fine] / camera.step_px))
    share = float((off <= 0.5 * disparity[fine] ** 2 / focal / camera.step_px + 0.02).mean())
    require(share > 0.99, f"{1 - share:.1%} of the disparities lie between steps of {camera.step_px} pixels.")
    return f"{fine.sum()} disparities, {share:.1%} on steps of {camera.step_px} pixels"


def shadow_side(camera: CameraFacts, cell: Observer) -> str:
    """What the right imager cannot see has no depth: a shadow on the left of near things."""
    clean = frames(cell, camera, "depth", "none")[0]
    depth = frames(cell, camera, "depth", "occlusion")[0]
    hidden = (depth == 0.0) & (clean > 0.0)
    require(hidden.sum() > 20, f"Nothing is hidden from the right imager of {camera.name}.")
    right = (~hidden[:, 1:]) & hidden[:, :-1]
    left = hidden[:, 1:] & (~hidden[:, :-1])
    ends, starts = np.argwhere(right), np.argwhere(left)
    runs = [
        (clean[row, start], clean[row, end + 1])
        for row, end in ends
        for start in starts[(starts[:, 0] == row) & (starts[:, 1] < end)][-1:, 1]
    ]
    nearer = float(np.mean([after < before for before, after in runs])) if runs else 0.0
    require(
        nearer > 0.75,  # the others are thin things with another shadow right beside them
        f"Only {nearer:.0%} of the shadows of {camera.name} have something nearer on their right. The depth image is "
        "the left imager's.",
    )
    return f"{hidden.sum()} pixels hidden, {nearer:.0%} of {len(runs)} shadows left of something nearer"


def zones(camera: CameraFacts, cell: Observer) -> str:
    """The border and the band on the left that the right imager does not see have no depth."""
    clean = frames(cell, camera, "depth", "none")[0]
    depth = frames(cell, camera, "depth", "invalid_zones")[0]
    edge = np.concatenate((depth[0], depth[-1], depth[:, 0], depth[:, -1]))
    require(not edge.any(), f"Pixels on the border of {camera.name} have a depth.")
    focal = 1e3 * camera.streams["depth"].fx * camera.baseline_m
    reach = focal / np.maximum(clean, 1.0) > np.arange(clean.shape[1])[None, :] + 1.0
    require(
        not (depth[reach & (clean > 0)] > 0).any(),
        f"{camera.name} has depth where its right imager sees nothing.",
    )
    changed = (depth != clean) & (depth > 0)
    require(not changed.any(), "invalid_zones changes depths that it leaves valid.")
    return f"{((depth == 0) & (clean > 0)).sum()} pixels without depth"


def project(cell: Observer, camera: CameraFacts, stream: str, point: Array) -> Array:
    """Pixel (column, row) of a point in the world through tf and camera_info; the depth as third value [m]."""
    info = cell.latest(names.camera_info(camera.name, stream))
    local = np.linalg.inv(pose(cell, camera, stream)) @ np.append(point, 1.0)
    u, v, _ = np.asarray(info.k).reshape(3, 3) @ (local[:3] / local[2])
    return np.array([u, v, local[2]])


def place_target(cell: Observer, point: Array) -> None:
    """Put the scene's target at a point of the world."""
    request = SetBodyPose.Request(body=truth_of(cell).target)
    request.pose.header.frame_id = WORLD
    position = request.pose.pose.position
    position.x, position.y, position.z = (float(v) for v in point)
    request.pose.pose.orientation.w = 1.0
    answer = cell.call(names.WORLD_SET_BODY_POSE, SetBodyPose, request)
    require(answer.success, f"world/set_body_pose failed: {answer.message}")


def target_projection(camera: CameraFacts, cell: Observer) -> str:
    """A sphere appears where camera_info and tf say, within a pixel, wherever it is put."""
    facts, worst = camera.streams["color"], 0.0
    at = pose(cell, camera, "color")
    away = at[:3, 3] - 3.0 * at[:3, 2]
    place_target(cell, away)
    empty = frames(cell, camera, "color", "none")[0]
    rows, columns = (np.array([0.3, 0.5, 0.65]) * facts.height, np.array([0.3, 0.6, 0.75]) * facts.width)
    depth, _ = cast(cell, camera, "color", rows, columns)
    seen = 0
    for row, column, far in zip(rows, columns, depth, strict=True):
        if not far > 0.0:
            continue
        ray = facts.rays(np.array([row]), np.array([column]))[0]
        point = at[:3, 3] + at[:3, :3] @ (ray * min(0.6 * far, 1.0))
        place_target(cell, point)
        picture = frames(cell, camera, "color", "none")[0]
        spot = np.abs(picture - empty).max(axis=2) > 12.0
        require(spot.sum() > 4, f"{camera.name} does not show the target at pixel ({column:.0f}, {row:.0f}).")
        found = np.argwhere(spot).mean(axis=0)[::-1]
        worst = max(worst, float(np.linalg.norm(found - project(cell, camera, "color", point)[:2])))
        seen += 1
    place_target(cell, away)
    require(seen > 0, "No place in view of the camera is free.")
    require(
        worst <= 1.0,
        f"The target appears {worst:.2f} pixels from where camera_info and tf of {camera.name} put it.",
    )
    return f"{seen} places, at most {worst:.2f} pixels off"


def corner_projection(camera: CameraFacts, cell: Observer) -> str:
    """A corner of the scene lies where camera_info and tf say: the picture fits its outline best within a pixel."""
    facts, half = camera.streams["color"], 9
    u, v, _ = project(cell, camera, "color", truth_of(cell).corner)
    column, row = round(u), round(v)
    require(
        half < column < facts.width - half and half < row < facts.height - half,
        f"The corner at {truth_of(cell).corner.tolist()} is outside the picture of {camera.name}.",
    )
    picture = frames(cell, camera, "color", "none")[0]
    rows, columns = (
        a.ravel() for a in np.mgrid[row - half : row + half + 1, column - half : column + half + 1]
    )
    patch = picture[rows, columns]
    fits = []
    for dv in np.arange(-2.0, 2.01, 0.5):
        for du in np.arange(-2.0, 2.01, 0.5):
            _, geoms = cast(cell, camera, "color", rows - dv, columns - du)
            rest = sum(
                float(((patch[geoms == geom] - patch[geoms == geom].mean(axis=0)) ** 2).sum())
                for geom in np.unique(geoms)
            )
            fits.append((rest, float(np.hypot(du, dv))))
    off = min(fits)[1]
    require(
        off <= 1.0,
        f"The corner appears {off:.1f} pixels from where camera_info and tf of {camera.name} put it.",
    )
    return f"pixel ({u:.1f}, {v:.1f}), best fit {off:.1f} pixels away"


def refuses_unknown(cell: Observer) -> str:
    """An effect that does not exist is refused by name."""
    done, reason = switch(cell, "no_such_effect")
    require(
        not done and "no_such_effect" in reason, f"effects 'no_such_effect' was answered with '{reason}'."
    )
    return reason


def restored(cell: Observer) -> str:
    """The imperfections of the camera set are on again."""
    done, reason = switch(cell, "configured")
    require(done, f"The camera node refuses effects 'configured': {reason}")
    return "effects as configured"


def items(cell: Observer) -> Iterator[Item]:
    """The checks of this file."""
    if cell.facts.truth is None or not cell.facts.cameras:
        return
    for camera in cell.facts.cameras:
        tests = [("still", still)]
        if "depth" in camera.streams:
            tests += [
                ("depth_truth", depth_in_mm),
                ("disparity_noise", noise),
                ("disparity_steps", steps),
                ("occlusion_side", shadow_side),
                ("invalid_zones", zones),
            ]
        if "aligned" in camera.streams:
            tests.append(("aligned_truth", aligned_in_mm))
        if "color" in camera.streams and cell.facts.truth.target:
            tests.append(("target_projection", target_projection))
        if "color" in camera.streams and camera.fixed:
            tests.append(("corner_projection", corner_projection))
        for name, test in tests:
            yield Item(f"camera_{name}:{camera.name}", partial(test, camera))
    yield Item("camera_refuses_unknown_effect", refuses_unknown)
    yield Item("camera_effects_restored", restored)
