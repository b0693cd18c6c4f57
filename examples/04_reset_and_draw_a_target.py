"""One episode by hand: reset the cell, draw a target, measure how far the tool is from it."""

import argparse

import rclpy

from twincell_msgs.srv import EndEpisode, ResetCell, StartEpisode

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--namespace", default="")
parser.add_argument("--seed", type=int, default=7)
args = parser.parse_args()

rclpy.init()
node = rclpy.create_node("example_04", namespace=args.namespace)


def call(kind, name, request):
    """Call a service; end the program when it does not succeed."""
    client = node.create_client(kind, name)
    if not client.wait_for_service(timeout_sec=10.0):
        raise SystemExit(f"no service {name}: is a cell running?")
    future = client.call_async(request)
    rclpy.spin_until_future_complete(node, future, timeout_sec=20.0)
    answer = future.result()
    if answer is None or not answer.success:
        raise SystemExit(f"{name}: {answer.message if answer else 'no answer'}")
    return answer


call(ResetCell, "cell/reset", ResetCell.Request(seed=args.seed, randomize=True))
start = call(StartEpisode, "cell/start_episode", StartEpisode.Request(seed=args.seed))
point = start.target.pose.position
print(f"target at ({point.x:+.3f}, {point.y:+.3f}, {point.z:+.3f}) m in {start.target.header.frame_id}")
# Here a policy would run: policy/run, or any source of motion.
end = call(EndEpisode, "cell/end_episode", EndEpisode.Request(episode_id=start.episode_id))
print(f"the tool is {end.error * 1e3:.0f} mm away from it")

rclpy.shutdown()
