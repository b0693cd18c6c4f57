"""Messages keep their values, joints are matched by name, serialized commands equal rclpy's."""

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import PoseStamped
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from twincell_control import wire


def test_prebuilt_command_is_what_rclpy_would_send() -> None:
    for joints in (6, 7):
        values = tuple(0.1 * k - 0.3 for k in range(joints))
        written = wire.CommandWriter(joints).write(values)
        assert written == bytes(serialize_message(Float64MultiArray(data=list(values))))
        assert tuple(deserialize_message(written, Float64MultiArray).data) == values


def test_joint_states_are_picked_by_name() -> None:
    order = wire.JointOrder(("a", "b"))
    shuffled = JointState(name=["b", "x", "a"], position=[2.0, 9.0, 1.0], velocity=[0.2, 9.0, 0.1])
    assert order.pick(shuffled) == ((1.0, 2.0), (0.1, 0.2))
    other = JointState(name=["a", "b"], position=[1.0, 2.0], velocity=[0.1, 0.2])
    assert order.pick(other) == ((1.0, 2.0), (0.1, 0.2))
    assert order.pick(JointState(name=["a"], position=[1.0], velocity=[0.1])) is None
    assert order.pick(JointState(name=["a", "b"], position=[1.0, 2.0])) is None


def test_pose_turns_the_quaternion_to_w_first() -> None:
    message = PoseStamped()
    q = message.pose.orientation
    q.w, q.x, q.y, q.z = 1.0, 2.0, 3.0, 4.0
    assert wire.pose(message).orientation == (1.0, 2.0, 3.0, 4.0)


def test_chunk_keeps_times_and_fields() -> None:
    point = JointTrajectoryPoint(
        positions=[1.0, 2.0], velocities=[0.1, 0.2], time_from_start=Duration(sec=1, nanosec=500_000_000)
    )
    chunk = wire.chunk(JointTrajectory(joint_names=["a", "b"], points=[point]))
    assert chunk.names == ("a", "b")
    assert chunk.points[0].time == 1.5
    assert chunk.points[0].velocity == (0.1, 0.2)
    assert chunk.points[0].acceleration == ()


def test_stamp() -> None:
    message = JointState()
    assert wire.stamp_ns(message) == 0
    message.header.stamp.sec, message.header.stamp.nanosec = 2, 5
    assert wire.stamp_ns(message) == 2_000_000_005
    assert wire.stamp_ns(Float64()) == 0
