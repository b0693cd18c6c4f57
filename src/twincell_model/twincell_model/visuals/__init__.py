"""Looks of robots and grippers: procedural geometry of our own, in the makers' proportions and colours."""

from .gripper import parts as gripper_parts
from .part import Mesh, VisualPart
from .robots import parts

__all__ = ["Mesh", "VisualPart", "gripper_parts", "parts"]
