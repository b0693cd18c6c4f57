"""The two processes of the controller in a cell whose arm has no gripper."""

from pathlib import Path

import pytest
from control_cell import Cell
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64
from twincell_control.parameters import NO_GRIPPER
from twincell_control.types import Mode

from control_msgs.action import GripperCommand, ParallelGripperCommand
from twincell_contract import names
from twincell_msgs.srv import Acquire


@pytest.mark.timeout(120)
def test_goals_and_commands_for_the_gripper_are_refused_in_one_sentence(tmp_path: Path) -> None:
    cell = Cell(tmp_path, "robot:=ur5e", "scene:=empty", "gripper:=none")
    try:
        assert cell.mode(Mode.HOLD), cell.log("servo")
        goal = GripperCommand.Goal()
        assert not cell.send(GripperCommand, names.gripper_action("ur5e"), goal).accepted
        parallel = ParallelGripperCommand.Goal(command=JointState(position=[0.0]))
        assert not cell.send(ParallelGripperCommand, names.PARALLEL_GRIPPER_ACTION, parallel).accepted
        assert cell.wait(lambda: cell.log("front").count(f"gripper goal refused: {NO_GRIPPER}") == 2)
        topic = names.source_topic("teleop", "gripper")
        cell.publisher(Float64, topic)
        assert cell.wait(
            lambda: cell.call(Acquire, names.CONTROLLER_ACQUIRE, source="teleop", lease=30.0).granted
        )
        cell.stream(Float64, topic, lambda: Float64(data=0.5), 0.5)
        assert cell.wait(lambda: f"gripper command dropped: {NO_GRIPPER}" in cell.log("servo"))
        assert "gripper" not in cell.log("arm")
    finally:
        cell.close()
