"""Draw a target, let a trained policy reach for it, and let the cell measure how near the tool came."""

import argparse

import rclpy
from rclpy.action import ActionClient
from rclpy.wait_for_message import wait_for_message

from twincell_msgs.action import RunPolicy
from twincell_msgs.msg import ArmStatus
from twincell_msgs.srv import EndEpisode, StartEpisode

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--namespace", default="")
parser.add_argument(
    "--policy", default="", help="a package under policies/ or a folder (default: reach_<robot>)"
)
parser.add_argument("--seed", type=int, default=7)
args = parser.parse_args()

rclpy.init()
node = rclpy.create_node("example_05", namespace=args.namespace)


def result_of(future, what, seconds):
    """Wait for a future; end the program when nothing comes."""
    rclpy.spin_until_future_complete(node, future, timeout_sec=seconds)
    if not future.done():
        raise SystemExit(f"{what} did not answer within {seconds:g} s")
    return future.result()


def call(kind, name, request):
    """Call a service; end the program when it does not succeed."""
    client = node.create_client(kind, name)
    if not client.wait_for_service(timeout_sec=10.0):
        raise SystemExit(f"no service {name}: is a cell running?")
    answer = result_of(client.call_async(request), name, 20.0)
    if not answer.success:
        raise SystemExit(f"{name}: {answer.message}")
    return answer


def tell(message):
    """Print what the policy says while it runs, five times a second."""
    print(f"  {message.feedback.elapsed:4.1f} s  {message.feedback.error * 1e3:4.0f} mm to go")


heard, arm = wait_for_message(ArmStatus, node, "arm/status", time_to_wait=10.0)
if not heard:
    raise SystemExit("no arm: is a cell running?")
policies = ActionClient(node, RunPolicy, "policy/run")
if not policies.wait_for_server(timeout_sec=30.0):  # it loads for some seconds after the arm is there
    raise SystemExit("no action policy/run: the cell runs without its policy node")

episode = call(StartEpisode, "cell/start_episode", StartEpisode.Request(seed=args.seed))
goal = RunPolicy.Goal(policy=args.policy or f"reach_{arm.robot}", goal=episode.target)
print(f"{goal.policy} on a {arm.robot}")
handle = result_of(policies.send_goal_async(goal, feedback_callback=tell), "policy/run", 10.0)
if not handle.accepted:
    raise SystemExit("the goal was refused")
result = result_of(handle.get_result_async(), "the policy", 60.0).result
print(f"{result.reason}: {result.steps} steps in {result.duration:.1f} s")

end = call(EndEpisode, "cell/end_episode", EndEpisode.Request(episode_id=episode.episode_id))
print(f"the tool is {end.error * 1e3:.1f} mm from the target")

rclpy.shutdown()
raise SystemExit(0 if result.success else 1)
