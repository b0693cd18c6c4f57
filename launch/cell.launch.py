"""Start one cell with `ros2 launch`: a map from the graph in twincell_cell.graph to launch_ros actions.

    ros2 launch launch/cell.launch.py robot:=xarm7 namespace:=left

Argument names are those of the Universal Robots ROS 2 driver where it has the same thing. The node graph, and so what
each argument does, is the one that `twincell up` starts.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, EmitEvent, LogInfo, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from twincell_cell.launching import ARGUMENTS, config_from_launch, node_arguments


def start(context: LaunchContext) -> list:
    """The actions for the argument values of this launch."""
    values = {argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS}
    config = config_from_launch(values)
    actions = []
    for spec in node_arguments(config):
        node = Node(**spec)
        # No node is started again after its death (see twincell_cell.graph): its end ends the cell.
        over = [
            LogInfo(msg=f"'{spec['executable']}' ended: the cell ends"),
            EmitEvent(event=Shutdown(reason=f"'{spec['executable']}' ended")),
        ]
        actions += [node, RegisterEventHandler(OnProcessExit(target_action=node, on_exit=over))]
    return actions


def generate_launch_description() -> LaunchDescription:
    """Declared arguments and the nodes."""
    declared = [
        DeclareLaunchArgument(
            argument.name,
            default_value=argument.default,
            description=argument.description,
            choices=argument.choices or None,
        )
        for argument in ARGUMENTS
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=start)])
