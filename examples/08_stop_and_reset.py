"""Stop the arm in a controlled way, whoever owns it; with --reset, let it move again. No emergency stop."""

import argparse
import time

import rclpy
from std_srvs.srv import Trigger

from twincell_msgs.msg import ControllerStatus

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--namespace", default="")
parser.add_argument("--reset", action="store_true", help="acknowledge a stop or fault")
args = parser.parse_args()

rclpy.init()
node = rclpy.create_node("example_08", namespace=args.namespace)
statuses: list[ControllerStatus] = []
node.create_subscription(ControllerStatus, "controller/status", statuses.append, 10)
service = "controller/reset" if args.reset else "controller/stop"
at_rest = (ControllerStatus.MODE_STOPPED, ControllerStatus.MODE_FAULT)
wanted = (ControllerStatus.MODE_HOLD,) if args.reset else at_rest


def wait(until, seconds=10.0):
    """Run callbacks until a condition holds; whether it did in time."""
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.1)
    return until()


client = node.create_client(Trigger, service)
if not wait(client.service_is_ready):
    raise SystemExit(f"no service {service}: is a cell running?")
future = client.call_async(Trigger.Request())
if not wait(future.done):
    raise SystemExit(f"{service} does not answer")
if not future.result().success:
    raise SystemExit(f"{service}: {future.result().message}")
if not wait(lambda: statuses and statuses[-1].mode in wanted):
    raise SystemExit(
        f"the controller is in mode {statuses[-1].mode if statuses else '?'}, see ControllerStatus"
    )
print("the arm can be asked to move again" if args.reset else f"the arm stands. {statuses[-1].reason}")

rclpy.shutdown()
