"""Sizes and colours of the UR5 (CB3) and the UR5e.

Lengths from config/robots; outer sizes measured on the models the maker publishes (Universal_Robots_ROS2_Description).
The geometry built from them is our own: no vertex is copied.
"""

from __future__ import annotations

from dataclasses import dataclass

from .part import Rgba


@dataclass(frozen=True)
class Module:
    """A joint housing in its own frame: axis z, joint seam at -seam, outlet towards -x at z = 0. In metres."""

    radius: float
    seam: float
    outlet: float
    cap_low: float  # height of the cap's rim opposite the outlet
    cap_rim: float  # height of the cap's rim above the outlet
    cap_top: float  # highest point of the cap, above the outlet
    cap_drop: float  # how much lower the top is opposite the outlet
    cap_edge: float  # rounding of the cap's edge


@dataclass(frozen=True)
class Look:
    """One UR arm. Lengths [m] along the link frames of its kinematic table."""

    big: Module
    small: Module
    upper_arm: float
    forearm: float
    shoulder_z: float  # height of the shoulder's centre over the base: joint offset
    shoulder_offset: float  # upper arm's centre plane along its z
    elbow_offset: float  # forearm's centre plane along its z
    wrist_1_z: float  # joint offsets of the wrists
    wrist_2_y: float
    wrist_3_y: float
    upper_tube: float  # radius of the tubes between their flanges
    forearm_flange: float
    forearm_tube: float
    elbow_seam: float  # z of the elbow's seam in the forearm's frame
    elbow_reach: float  # -x where the elbow ends in the forearm's tube
    slim_base: bool
    tube_colour: Rgba
    housing_colour: Rgba
    cap_colour: Rgba
    flange_colour: Rgba


SEAM_COLOUR: Rgba = (0.045, 0.045, 0.05, 1.0)
METAL: Rgba = (0.72, 0.73, 0.75, 1.0)
HOLE: Rgba = (0.09, 0.09, 0.1, 1.0)

UR5E = Look(
    big=Module(0.058, 0.0639, 0.0602, 0.0085, 0.0600, 0.0715, 0.010, 0.013),
    small=Module(0.0377, 0.0460, 0.0460, 0.0075, 0.0420, 0.0565, 0.0, 0.014),
    upper_arm=0.425,
    forearm=0.3922,
    shoulder_z=0.1625,
    shoulder_offset=0.138,
    elbow_offset=0.007,
    wrist_1_z=0.1333,
    wrist_2_y=0.0997,
    wrist_3_y=0.0996,
    upper_tube=0.0427,
    forearm_flange=0.048,
    forearm_tube=0.0377,
    elbow_seam=0.0602,
    elbow_reach=0.0631,
    slim_base=False,
    tube_colour=(0.80, 0.81, 0.82, 1.0),
    housing_colour=(0.30, 0.31, 0.32, 1.0),
    cap_colour=(0.47, 0.69, 0.83, 1.0),
    flange_colour=(0.78, 0.79, 0.80, 1.0),
)
UR5 = Look(
    big=Module(0.058, 0.0620, 0.0705, 0.0065, 0.0605, 0.0685, 0.009, 0.016),
    small=Module(0.0375, 0.0470, 0.0460, 0.0060, 0.0430, 0.0570, 0.0, 0.017),
    upper_arm=0.425,
    forearm=0.39225,
    shoulder_z=0.089159,
    shoulder_offset=0.13585,
    elbow_offset=0.0165,
    wrist_1_z=0.10915,
    wrist_2_y=0.09465,
    wrist_3_y=0.0823,
    upper_tube=0.0501,
    forearm_flange=0.0378,
    forearm_tube=0.0374,
    elbow_seam=0.0710,
    elbow_reach=0.0740,
    slim_base=True,
    tube_colour=(0.63, 0.64, 0.65, 1.0),
    housing_colour=(0.20, 0.205, 0.21, 1.0),
    cap_colour=(0.36, 0.54, 0.68, 1.0),
    flange_colour=(0.40, 0.41, 0.42, 1.0),
)
LOOKS = {"ur5": UR5, "ur5e": UR5E}
