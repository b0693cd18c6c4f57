"""The lifecycle node `arm` and its parameters."""

from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from twincell_model.errors import UserError
from twincell_runtime.mailbox import MailboxTimeout
from twincell_runtime.params import Param

from twincell_arm.arm import ArmError

PARAMS = (
    Param("robot", "ur5e", "Robot profile, a file of config/robots"),
    Param("variant", "", "Hardware variant of the profile; empty = its default"),
    Param("tf_prefix", "", "Prefix of joint and frame names"),
    Param("backend", "mujoco", "What drives the joints"),
    Param("scene", "reach", "Scene of the twin: a name of config/scenes or a path"),
    Param("seed", 0, "First seed of randomisations that name none", minimum=0),
    Param("robot_ip", "", "Address of a real or emulated controller"),
    Param("clock", "wall", "Time the arm runs on", choices=("wall", "sim", "lockstep")),
    Param(
        "speed",
        1.0,
        "Speed of clock:=sim; 1 is real time, 0 as fast as possible",
        minimum=0.0,
        maximum=1000.0,
    ),
    Param("autostart", True, "Configure and activate at start"),
)


class ArmNode(LifecycleNode):
    """The lifecycle node; its transitions act on the driver, in the loop thread once the loop runs."""

    def __init__(self) -> None:
        super().__init__("arm")
        self.act: dict[str, Callable[[], None]] = {}

    def _do(self, step: str) -> TransitionCallbackReturn:
        try:
            self.act[step]()
        except (ArmError, MailboxTimeout, UserError) as error:
            self.get_logger().error(f"{step}: {error}")
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def on_configure(self, state: Any) -> TransitionCallbackReturn:
        """Connect to the arm and power it; states are published from now on."""
        return self._do("configure")

    def on_activate(self, state: Any) -> TransitionCallbackReturn:
        """Follow commands."""
        return self._do("activate")

    def on_deactivate(self, state: Any) -> TransitionCallbackReturn:
        """Stop and ignore commands; states go on."""
        return self._do("deactivate")

    def on_cleanup(self, state: Any) -> TransitionCallbackReturn:
        """Disconnect."""
        return self._do("cleanup")

    def on_shutdown(self, state: Any) -> TransitionCallbackReturn:
        """Disconnect."""
        return self._do("cleanup")
