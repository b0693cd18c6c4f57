"""A policy of your own: joint states in, joint velocities out. This one turns two joints a little and stops there.

It needs a cell without the node that runs policy packages: a source's topics may have one publisher only.
"""

import argparse
import time

import rclpy
from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import JointState

from control_msgs.msg import JointJog
from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import Acquire, Release

RATE = 25.0  # Hz; an owner that is silent for 0.1 s is stopped
GAIN = 2.0  # 1/s
FASTEST = 0.3  # rad/s; the controller limits what you ask for, whatever it is
OLDEST = 0.1  # s; a state older than this does not say where the arm is


class MyPolicy(Node):
    """Asks for joint velocities from the newest joint state. Joints that it does not name stand still."""

    def __init__(self, namespace):
        super().__init__("example_06", namespace=namespace)
        self.state, self.status, self.goal = None, None, {}
        self.jogs = self.create_publisher(JointJog, "policy/joint_jog", 10)
        self.create_subscription(JointState, "joint_states", lambda m: setattr(self, "state", m), 1)
        self.create_subscription(ControllerStatus, "controller/status", lambda m: setattr(self, "status", m), 10)
        self.create_timer(1.0 / RATE, self.step)

    def errors(self):
        """How far each joint of the goal has to go, by name [rad]."""
        here = dict(zip(self.state.name, self.state.position, strict=True))
        return {name: there - here[name] for name, there in self.goal.items()}

    def step(self):
        """One step: where your network would be asked."""
        if not self.goal:
            return
        wish = {name: min(max(GAIN * error, -FASTEST), FASTEST) for name, error in self.errors().items()}
        now = self.get_clock().now()
        if (now - Time.from_msg(self.state.header.stamp)).nanoseconds > OLDEST * 1e9:
            wish = dict.fromkeys(wish, 0.0)
        message = JointJog(joint_names=list(wish), velocities=list(wish.values()))
        message.header.stamp = now.to_msg()
        self.jogs.publish(message)

    def wait(self, until, seconds=10.0):
        """Run callbacks, the steps among them, until a condition holds. Ends the program when it does not in time."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise SystemExit(f"waited {seconds:g} s in vain; controller: {self.status and self.status.reason}")
            rclpy.spin_once(self, timeout_sec=0.1)

    def call(self, kind, name, request):
        """Call a service and return its answer."""
        future = self.create_client(kind, name).call_async(request)
        self.wait(future.done)
        return future.result()

    def owns(self):
        """Whether the arm is ours."""
        return self.status.owner == "policy"


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--namespace", default="")
rclpy.init()
policy = MyPolicy(parser.parse_args().namespace)
