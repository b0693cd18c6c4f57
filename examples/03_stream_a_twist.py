"""Take the arm as an operator, move the tool up for a second and down again, hand the arm back."""

import argparse
import time

import rclpy
from geometry_msgs.msg import PoseStamped, TwistStamped

from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import Acquire, Release

PERIOD = 0.02  # s; a source that is silent for 0.1 s is stopped, so send at a steady rate, here 50 Hz
SPEEDS = [0.05] * 50 + [-0.05] * 50 + [0.0] * 25  # m/s upwards

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--namespace", default="")
args = parser.parse_args()

rclpy.init()
node = rclpy.create_node("example_03", namespace=args.namespace)
twists = node.create_publisher(TwistStamped, "teleop/twist", 10)
poses: list[PoseStamped] = []
statuses: list[ControllerStatus] = []
node.create_subscription(PoseStamped, "tcp_pose_broadcaster/pose", poses.append, 10)
node.create_subscription(ControllerStatus, "controller/status", statuses.append, 10)


def wait(until, seconds=10.0):
    """Run callbacks until a condition holds; whether it did in time."""
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.1)
    return until()


def call(kind, name, request):
    """Call a service and return its answer."""
    client = node.create_client(kind, name)
    if not client.wait_for_service(timeout_sec=10.0):
        raise SystemExit(f"no service {name}: is a cell running?")
    future = client.call_async(request)
    if not wait(future.done):
        raise SystemExit(f"{name} does not answer")
    return future.result()


# Before the arm is ours, the controller must hear us: what is sent earlier is lost, and an owner that is silent for
# the length of its lease loses the arm.
if not wait(lambda: twists.get_subscription_count() > 0 and poses and statuses):
    raise SystemExit("nobody listens to teleop/twist, or no pose or status arrives: is a cell running?")
answer = call(Acquire, "controller/acquire", Acquire.Request(source="teleop", lease=3.0))
if not answer.granted:
    raise SystemExit(answer.reason)
if not wait(lambda: statuses[-1].owner == "teleop", 2.0):
    raise SystemExit("the controller granted the arm but does not say so in controller/status")

before = poses[-1]
for speed in SPEEDS:
    message = TwistStamped()
    message.header.stamp = node.get_clock().now().to_msg()
    message.header.frame_id = before.header.frame_id
    message.twist.linear.z = speed
    twists.publish(message)
    end = time.monotonic() + PERIOD
    while (left := end - time.monotonic()) > 0:
        rclpy.spin_once(node, timeout_sec=left)  # poses and statuses come in meanwhile
    if statuses[-1].owner != "teleop":
        raise SystemExit(f"we lost the arm to {statuses[-1].owner or 'nobody'}. {statuses[-1].reason}")

call(Release, "controller/release", Release.Request(source="teleop"))
heights = [pose.pose.position.z - before.pose.position.z for pose in poses]
print(f"the tool rose by {max(heights) * 1e3:.0f} mm and came back to within {abs(heights[-1]) * 1e3:.0f} mm")

rclpy.shutdown()
raise SystemExit(0 if max(heights) > 0.03 else 1)
