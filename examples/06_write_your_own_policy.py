"""A policy of your own: joint states in, joint velocities out. This one turns two joints a little and stops there.

It needs a cell without the node that runs policy packages: a source's topics may have one publisher only.
"""

import argparse
import time

import rclpy
from rclpy.node import Node
from sensor_msgs.msg import JointState

from control_msgs.msg import JointJog
from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import Acquire, Release

RATE = 25.0  # Hz; an owner that is silent for 0.1 s is stopped
GAIN = 2.0  # 1/s
FASTEST = 0.3  # rad/s; the controller limits what you ask for, whatever it is


class MyPolicy(Node):
    """Asks for joint velocities from the newest joint state. Joints that it does not name stand still."""

    def __init__(self, namespace):
        super().__init__("example_06", namespace=namespace)
        self.state, self.status, self.goal, self.left = None, None, {}, 9.9
        self.jogs = self.create_publisher(JointJog, "policy/joint_jog", 10)
        self.create_subscription(JointState, "joint_states", lambda m: setattr(self, "state", m), 1)
        self.create_subscription(
            ControllerStatus, "controller/status", lambda m: setattr(self, "status", m), 10
        )
        self.create_timer(1.0 / RATE, self.step)

    def step(self):
        """One step: where your network would be asked."""
        if not self.goal:
            return
        here = dict(zip(self.state.name, self.state.position, strict=True))
        errors = {name: there - here[name] for name, there in self.goal.items()}
        self.left = max(map(abs, errors.values()))
        wish = {name: min(max(GAIN * error, -FASTEST), FASTEST) for name, error in errors.items()}
        message = JointJog(joint_names=list(wish), velocities=list(wish.values()))
        message.header.stamp = self.get_clock().now().to_msg()
        self.jogs.publish(message)

    def wait(self, until, what, seconds=10.0):
        """Run callbacks, the steps among them, until a condition holds; end the program when it takes too long."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise SystemExit(f"no {what} within {seconds:g} s: is a cell running?")
            rclpy.spin_once(self, timeout_sec=0.1)

    def call(self, kind, name, request):
        """Call a service and return its answer."""
        client = self.create_client(kind, name)
        self.wait(client.service_is_ready, name)
        future = client.call_async(request)
        self.wait(future.done, f"answer of {name}")
        return future.result()

    def owns(self):
        """Whether the arm is ours."""
        return self.status.owner == "policy"


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--namespace", default="")
rclpy.init()
policy = MyPolicy(parser.parse_args().namespace)

# The controller must hear us before the arm is ours: a lease ends when its owner is silent for so long.
policy.wait(
    lambda: policy.jogs.get_subscription_count() and policy.state and policy.status, "arm and controller"
)
if policy.count_publishers("policy/joint_jog") > 1:
    raise SystemExit(
        "the cell's policy node publishes on policy/joint_jog too: use twincell up --without-policy"
    )
answer = policy.call(Acquire, "controller/acquire", Acquire.Request(source="policy", lease=3.0))
if not answer.granted:
    raise SystemExit(answer.reason)
policy.wait(policy.owns, "word that the arm is ours", 2.0)

here = dict(zip(policy.state.name, policy.state.position, strict=True))
first, *_, last = here
policy.goal = {first: here[first] + 0.2, last: here[last] - 0.2}
policy.wait(lambda: not policy.owns() or policy.left < 0.005, "arrival", 15.0)
if not policy.owns():
    raise SystemExit(f"we lost the arm to {policy.status.owner or 'nobody'}. {policy.status.reason}")
policy.goal = {}
policy.call(Release, "controller/release", Release.Request(source="policy"))
print(f"{first} and {last} turned by 0.2 rad, to within 5 mrad; the arm is handed back")
rclpy.shutdown()
