"""Declare parameters with description, unit and range; wrong values fail at start with one sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import (
    InvalidParameterTypeException,
    InvalidParameterValueException,
)
from rclpy.node import Node


class ParameterError(ValueError):
    """A parameter is out of its range, of the wrong type or not one of its choices."""


@dataclass(frozen=True)
class Param:
    """One parameter. `minimum` and `maximum` bound numbers; `choices` bounds strings."""

    name: str
    default: Any
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: Sequence[str] | None = None
    read_only: bool = True

    def descriptor(self) -> ParameterDescriptor:
        """The ROS descriptor, with the range where one is given."""
        descriptor = ParameterDescriptor(description=self.description, read_only=self.read_only)
        if self.unit:
            descriptor.description += f" [{self.unit}]"
        if self.choices is not None:
            descriptor.additional_constraints = "one of: " + ", ".join(self.choices)
        if self.minimum is not None or self.maximum is not None:
            if isinstance(self.default, int):
                low = int(self.minimum) if self.minimum is not None else -(2**63)
                high = int(self.maximum) if self.maximum is not None else 2**63 - 1
                descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
            else:
                low_f = float(self.minimum) if self.minimum is not None else -1.0e308
                high_f = float(self.maximum) if self.maximum is not None else 1.0e308
                descriptor.floating_point_range = [FloatingPointRange(from_value=low_f, to_value=high_f)]
        return descriptor


def declare(node: Node, params: Iterable[Param]) -> dict[str, Any]:
    """Declare `params` on `node` and return their values by name. Raises ParameterError naming the parameter."""
    values: dict[str, Any] = {}
    for param in params:
        try:
            value = node.declare_parameter(param.name, param.default, param.descriptor()).value
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            raise ParameterError(f"parameter '{param.name}' of node '{node.get_name()}': {error}") from None
        if param.choices is not None and value not in param.choices:
            raise ParameterError(
                f"parameter '{param.name}' is '{value}'; it must be one of: {', '.join(param.choices)}"
            )
        values[param.name] = value
    return values
