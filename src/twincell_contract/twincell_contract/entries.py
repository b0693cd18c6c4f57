"""What one line of the contract says: dataclasses of topics, services and actions."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from rclpy.qos import QoSProfile

from . import qos


class Room(Enum):
    """Which part of a cell serves a name."""

    ARM = "arm"
    CONTROLLER = "controller"
    CAMERA = "camera"
    POLICY = "policy"
    CELL = "cell"
    WORLD = "world"
    ANY = "all"


class When(Enum):
    """In which cells a name exists."""

    ALWAYS = "always"
    WORLD = "where there is a world (sim, emulators)"
    GRIPPER = "where there is a gripper"
    CAMERA = "where the cell has cameras"
    SIM_CLOCK = "with clock:=sim or clock:=lockstep"
    LOCKSTEP = "with clock:=lockstep"


@dataclass(frozen=True)
class Rate:
    """Allowed rate of a topic: Hz, or multiples of the robot's own rate when `of_robot`."""

    low: float
    high: float
    of_robot: bool = False

    def bounds(self, robot_rate_hz: float) -> tuple[float, float]:
        """Lowest and highest allowed rate [Hz] on a robot with this rate."""
        factor = robot_rate_hz if self.of_robot else 1.0
        return self.low * factor, self.high * factor

    def __str__(self) -> str:
        if self.of_robot:
            percent = round((self.high - 1.0) * 100)
            return f"the robot's rate, within {percent} %"
        if self.low == 0.0:
            return f"at most {self.high:g} Hz"
        return f"{self.low:g} to {self.high:g} Hz"


@dataclass(frozen=True)
class Topic:
    """A topic. `published` is seen from the room: False means that the room subscribes."""

    name: str
    type: type[Any]
    room: Room
    published: bool = True
    qos: QoSProfile = field(default_factory=qos.streaming)
    rate: Rate | None = None
    frame: str = ""
    unit: str = ""
    order: str = ""
    note: str = ""
    when: When = When.ALWAYS


@dataclass(frozen=True)
class Service:
    """A service."""

    name: str
    type: type[Any]
    room: Room
    note: str = ""
    when: When = When.ALWAYS


@dataclass(frozen=True)
class Action:
    """An action. `name` may hold `<robot>`, the profile's name."""

    name: str
    type: type[Any]
    room: Room
    note: str = ""
    when: When = When.ALWAYS

    def name_for(self, robot: str) -> str:
        """The name in a cell with this robot profile."""
        return self.name.replace("<robot>", robot)


def type_name(interface: type[Any]) -> str:
    """ROS name of a Python interface class, such as `sensor_msgs/msg/JointState`."""
    package, kind = interface.__module__.split(".")[:2]
    return f"{package}/{kind}/{interface.__name__}"
