"""The QoS table (REP-2003 draft, ros2_control and realsense-ros practice)."""

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy


def streaming(depth: int = 10) -> QoSProfile:
    """SystemDefaultsQoS: reliable, volatile. Joint states, commands and status."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.VOLATILE,
    )


def latched() -> QoSProfile:
    """Reliable, transient local, depth 1. Descriptions and modes."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=1,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
    )


def sensor(depth: int = 5) -> QoSProfile:
    """SensorDataQoS: best effort. For subscribers that want the newest sample only."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.VOLATILE,
    )


def images() -> QoSProfile:
    """Publishers of images: reliable, volatile, shallow. Subscribers use `sensor`."""
    return streaming(5)
