"""The `controller_manager` node: the eleven services of ros2_control's server, as the `ros2 control` CLI calls them."""

from collections.abc import Callable
from typing import Any

from lifecycle_msgs.msg import State as LifecycleState
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from twincell_runtime.mailbox import Mailbox, MailboxTimeout

from controller_manager_msgs.msg import (
    ControllerManagerActivity,
    ControllerState,
    HardwareComponentState,
    HardwareInterface,
    NamedLifecycleState,
)
from controller_manager_msgs.srv import (
    CleanupController,
    ConfigureController,
    ListControllers,
    ListControllerTypes,
    ListHardwareComponents,
    ListHardwareInterfaces,
    LoadController,
    ReloadControllerLibraries,
    SetHardwareComponentState,
    SwitchController,
    UnloadController,
)
from twincell_arm.arm import ArmError
from twincell_arm.controllers import BASE_CLASS, LIFECYCLE_IDS, TYPES, Controller, ControllerTable, State
from twincell_contract import names, qos

SERVICE_QOS = QoSProfile(history=HistoryPolicy.KEEP_ALL, reliability=ReliabilityPolicy.RELIABLE)
"""ros2_control: qos_services, KEEP_ALL and reliable."""


class Hardware:
    """The one hardware component: its lifecycle state and how to change it. Called in the loop thread."""

    def __init__(
        self, name: str, plugin: str, state: Callable[[], State], move: Callable[[State], None]
    ) -> None:
        self.name, self.plugin, self.state, self.move = name, plugin, state, move


class ControllerManager:
    """Serves a ControllerTable. Requests run in the loop thread through the mailbox."""

    def __init__(
        self, node: Node, table: ControllerTable, hardware: Hardware, mailbox: Mailbox, rate_hz: int
    ) -> None:
        self._node, self._table, self._hardware, self._mailbox, self._rate = (
            node,
            table,
            hardware,
            mailbox,
            rate_hz,
        )
        node.declare_parameter("update_rate", rate_hz)
        for name, kind in TYPES.items():  # what the CLI's completion looks at
            node.declare_parameter(f"{name}.type", kind)
        self._activity = node.create_publisher(ControllerManagerActivity, "~/activity", qos.latched())
        for kind, name, work in (
            (ListControllers, "list_controllers", self._list_controllers),
            (ListControllerTypes, "list_controller_types", self._list_types),
            (ListHardwareComponents, "list_hardware_components", self._list_components),
            (ListHardwareInterfaces, "list_hardware_interfaces", self._list_interfaces),
            (SwitchController, "switch_controller", self._switch),
            (LoadController, "load_controller", self._load),
            (UnloadController, "unload_controller", self._unload),
            (ConfigureController, "configure_controller", self._configure),
            (CleanupController, "cleanup_controller", self._cleanup),
            (ReloadControllerLibraries, "reload_controller_libraries", self._reload),
            (SetHardwareComponentState, "set_hardware_component_state", self._set_component),
        ):
            node.create_service(kind, f"~/{name}", self._in_loop(work), qos_profile=SERVICE_QOS)

    def _in_loop(self, work: Callable[[Any, Any], None]) -> Callable[[Any, Any], Any]:
        def serve(request: Any, response: Any) -> Any:
            try:
                self._mailbox.call(lambda: work(request, response))
            except (ArmError, MailboxTimeout) as error:
                self._node.get_logger().error(str(error))
            return response

        return serve

    def publish_activity(self) -> None:
        """Publish the states of controllers and hardware. Called in the loop thread after every change."""
        message = ControllerManagerActivity()
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.controllers = [_named(c.name, c.state) for c in self._table.controllers.values()]
        message.hardware_components = [_named(self._hardware.name, self._hardware.state())]
        self._activity.publish(message)

    def _report(self, response: Any, outcome: tuple[bool, str]) -> None:
        response.ok, message = outcome
        if response.ok:
            self.publish_activity()
        else:
            self._node.get_logger().error(message)

    def _list_controllers(self, _: ListControllers.Request, response: ListControllers.Response) -> None:
        response.controller = [self._controller(c) for c in self._table.controllers.values()]

    def _controller(self, controller: Controller) -> ControllerState:
        active = controller.state is State.ACTIVE
        return ControllerState(
            name=controller.name,
            state=controller.state.value,
            type=controller.type,
            update_rate=self._rate,
            claimed_interfaces=list(controller.commands) if active else [],
            required_command_interfaces=list(controller.commands),
            required_state_interfaces=list(controller.states),
        )

    def _list_types(self, _: ListControllerTypes.Request, response: ListControllerTypes.Response) -> None:
        response.types = list(TYPES.values())
        response.base_classes = [BASE_CLASS] * len(TYPES)

    def _interfaces(self) -> tuple[list[HardwareInterface], list[HardwareInterface]]:
        state = self._hardware.state()
        claimed = self._table.claimed()
        commands = [
            HardwareInterface(
                name=name, data_type="double", is_available=state is State.ACTIVE, is_claimed=name in claimed
            )
            for name in self._table.command_interfaces
        ]
        states = [
            HardwareInterface(name=name, data_type="double", is_available=state is not State.UNCONFIGURED)
            for name in self._table.state_interfaces
        ]
        return commands, states

    def _list_interfaces(
        self, _: ListHardwareInterfaces.Request, response: ListHardwareInterfaces.Response
    ) -> None:
        response.command_interfaces, response.state_interfaces = self._interfaces()

    def _list_components(
        self, _: ListHardwareComponents.Request, response: ListHardwareComponents.Response
    ) -> None:
        commands, states = self._interfaces()
        component = HardwareComponentState(
            name=self._hardware.name,
            type="system",
            rw_rate=self._rate,
            plugin_name=self._hardware.plugin,
            state=_lifecycle(self._hardware.state()),
            command_interfaces=commands,
            state_interfaces=states,
        )
        if hasattr(component, "class_type"):  # Jazzy has it, deprecated
            component.class_type = self._hardware.plugin
        response.component = [component]

    def _switch(self, request: SwitchController.Request, response: SwitchController.Response) -> None:
        response.ok, response.message = self._table.switch(
            request.activate_controllers, request.deactivate_controllers, request.strictness
        )
        if response.ok:
            self.publish_activity()

    def _load(self, request: LoadController.Request, response: LoadController.Response) -> None:
        self._report(response, self._table.load(request.name))

    def _unload(self, request: UnloadController.Request, response: UnloadController.Response) -> None:
        self._report(response, self._table.unload(request.name))

    def _configure(
        self, request: ConfigureController.Request, response: ConfigureController.Response
    ) -> None:
        self._report(response, self._table.configure(request.name))

    def _cleanup(self, request: CleanupController.Request, response: CleanupController.Response) -> None:
        self._report(response, self._table.cleanup(request.name))

    def _reload(
        self, request: ReloadControllerLibraries.Request, response: ReloadControllerLibraries.Response
    ) -> None:
        self._report(response, self._table.reload(request.force_kill))

    def _set_component(
        self, request: SetHardwareComponentState.Request, response: SetHardwareComponentState.Response
    ) -> None:
        response.state = _lifecycle(self._hardware.state())
        if request.name != self._hardware.name:
            self._report(response, (False, f"There is no hardware component '{request.name}'."))
            return
        goal = _requested(request.target_state)
        if goal is None:
            self._report(response, (False, "A component can be unconfigured, inactive or active."))
            return
        self._hardware.move(goal)
        response.state = _lifecycle(self._hardware.state())
        self._report(response, (True, ""))


def _requested(target: LifecycleState) -> State | None:
    """The state of a request, by label or else by id, as ros2_control's server reads it."""
    for state in State:
        if target.label == state.value or (not target.label and target.id == LIFECYCLE_IDS[state]):
            return state
    return None


def _lifecycle(state: State) -> LifecycleState:
    return LifecycleState(id=LIFECYCLE_IDS[state], label=state.value)


def _named(name: str, state: State) -> NamedLifecycleState:
    return NamedLifecycleState(name=name, state=_lifecycle(state))


def manager_node(namespace: str = "") -> Node:
    """The node the services hang on."""
    return Node(names.CONTROLLER_MANAGER, namespace=namespace or None)
