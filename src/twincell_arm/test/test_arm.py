import pytest
from twincell_arm.arm import Fault, make_arm
from twincell_model.errors import UserError
from twincell_model.profile import load_profile

from twincell_msgs.msg import ArmStatus


def test_unknown_backend_is_named_with_those_that_exist():
    with pytest.raises(UserError, match="'warp'.*mujoco"):
        make_arm("warp", load_profile("ur5e"), {})


def test_faults_are_numbered_as_in_the_message():
    for fault in Fault:
        assert getattr(ArmStatus, f"FAULT_{fault.name}") == fault
