"""Type hashes (REP-2016) of the interface definitions installed here."""

import json
from functools import cache
from pathlib import Path

from ament_index_python.packages import get_package_share_directory

ACTION_PARTS = ("_SendGoal", "_GetResult", "_FeedbackMessage")


@cache
def built_hash(name: str) -> str:
    """The hash the generator wrote beside the definition of `name`, such as `sensor_msgs/msg/JointState`.

    Parts of actions are named as their Python classes are: `control_msgs/action/GripperCommand_SendGoal`.
    """
    package, kind, interface = name.split("/")
    file = next(
        (interface.removesuffix(part) for part in ACTION_PARTS if interface.endswith(part)), interface
    )
    share = Path(get_package_share_directory(package))
    described = json.loads((share / kind / f"{file}.json").read_text())
    return next(item["hash_string"] for item in described["type_hashes"] if item["type_name"] == name)
