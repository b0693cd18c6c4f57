"""Take the arm as an operator, move the tool up for a second and down again, hand the arm back."""

import argparse
import time

import rclpy
from geometry_msgs.msg import PoseStamped, TwistStamped
from rclpy.wait_for_message import wait_for_message

from twincell_msgs.srv import Acquire, Release

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--namespace", default="")
args = parser.parse_args()

rclpy.init()
node = rclpy.create_node("example_03", namespace=args.namespace)
twists = node.create_publisher(TwistStamped, "teleop/twist", 10)


def call(kind, name, request):
    """Call a service and return its answer."""
    client = node.create_client(kind, name)
    if not client.wait_for_service(timeout_sec=5.0):
        raise SystemExit(f"no service {name}: is a cell running?")
    future = client.call_async(request)
    rclpy.spin_until_future_complete(node, future, timeout_sec=5.0)
    return future.result()


def tool():
    """The tool's pose in the robot's root frame."""
    heard, pose = wait_for_message(PoseStamped, node, "tcp_pose_broadcaster/pose", time_to_wait=5.0)
    if not heard:
        raise SystemExit("no tool pose")
    return pose


before = tool()
answer = call(Acquire, "controller/acquire", Acquire.Request(source="teleop"))
if not answer.granted:
    raise SystemExit(answer.reason)

# A source that falls silent is stopped: send at a steady rate, here 50 Hz.
highest = before.pose.position.z
for speed in [0.05] * 50 + [-0.05] * 50 + [0.0] * 25:  # m/s
    message = TwistStamped()
    message.header.stamp = node.get_clock().now().to_msg()
    message.header.frame_id = before.header.frame_id
    message.twist.linear.z = speed
    twists.publish(message)
    time.sleep(0.02)
    if speed < 0 and highest == before.pose.position.z:
        highest = tool().pose.position.z

call(Release, "controller/release", Release.Request(source="teleop"))
rise = highest - before.pose.position.z
print(f"the tool rose by {rise * 1e3:.0f} mm and came back to within", end=" ")
print(f"{abs(tool().pose.position.z - before.pose.position.z) * 1e3:.0f} mm")

rclpy.shutdown()
raise SystemExit(0 if rise > 0.03 else 1)
