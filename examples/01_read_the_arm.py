"""Read joint states and the tool's pose from a running cell."""

import argparse

import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.wait_for_message import wait_for_message
from sensor_msgs.msg import JointState

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--namespace", default="")
args = parser.parse_args()

rclpy.init()
node = rclpy.create_node("example_01", namespace=args.namespace)

heard, state = wait_for_message(JointState, node, "joint_states", time_to_wait=10.0)
if not heard:
    raise SystemExit("no joint states: is a cell running?")
for name, position in zip(state.name, state.position, strict=True):  # by name: the order is not promised
    print(f"{name:22s} {position:+.4f} rad")

heard, pose = wait_for_message(PoseStamped, node, "tcp_pose_broadcaster/pose", time_to_wait=10.0)
if not heard:
    raise SystemExit("no tool pose")
point = pose.pose.position
print(f"tool at ({point.x:+.3f}, {point.y:+.3f}, {point.z:+.3f}) m in {pose.header.frame_id}")

rclpy.shutdown()
