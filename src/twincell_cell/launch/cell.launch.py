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

from twincell_cell import graph


def start(context: LaunchContext) -> list:
    """The actions for the argument values of this launch."""
    values = {argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS}
    config = config_from_launch(values)
    actions = []
    for spec in graph.build(config):
        node = Node(**node_arguments(spec))
        actions.append(node)
        if spec.essential:
            reason = f"node '{spec.name}' ended"
            over = [LogInfo(msg=f"{reason}: the cell ends"), EmitEvent(event=Shutdown(reason=reason))]
            actions.append(RegisterEventHandler(OnProcessExit(target_action=node, on_exit=over)))
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
