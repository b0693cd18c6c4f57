"""Move two joints by a trajectory and back, as MoveIt would: the controller slows what is too fast, never the path."""

import argparse

import rclpy
from builtin_interfaces.msg import Duration
from rclpy.action import ActionClient
from rclpy.wait_for_message import wait_for_message
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectoryPoint

from control_msgs.action import FollowJointTrajectory

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--namespace", default="")
args = parser.parse_args()

rclpy.init()
node = rclpy.create_node("example_02", namespace=args.namespace)
client = ActionClient(node, FollowJointTrajectory, "joint_trajectory_controller/follow_joint_trajectory")
if not client.wait_for_server(timeout_sec=10.0):
    raise SystemExit("no trajectory action: is a cell running?")

heard, state = wait_for_message(JointState, node, "joint_states", time_to_wait=10.0)
if not heard:
    raise SystemExit("no joint states")
start = list(state.position)
there = [start[0] + 0.2, start[1] - 0.1, *start[2:]]

goal = FollowJointTrajectory.Goal()
goal.trajectory.joint_names = list(state.name)
goal.trajectory.points = [
    JointTrajectoryPoint(positions=there, velocities=[0.0] * len(start), time_from_start=Duration(sec=2)),
    JointTrajectoryPoint(positions=start, velocities=[0.0] * len(start), time_from_start=Duration(sec=4)),
]
sent = client.send_goal_async(goal)
rclpy.spin_until_future_complete(node, sent, timeout_sec=10.0)
handle = sent.result()
if handle is None:
    raise SystemExit("the trajectory action does not answer")
if not handle.accepted:
    raise SystemExit(
        "the goal was refused: `twincell status` says who owns the arm and what the controller does"
    )
done = handle.get_result_async()
rclpy.spin_until_future_complete(node, done, timeout_sec=20.0)
if not done.done():
    raise SystemExit("the motion did not end within 20 s")
result = done.result().result
print("reached" if result.error_code == FollowJointTrajectory.Result.SUCCESSFUL else result.error_string)

rclpy.shutdown()
raise SystemExit(0 if result.error_code == FollowJointTrajectory.Result.SUCCESSFUL else 1)
