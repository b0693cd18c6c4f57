"""Starts the arm process under test in a namespace of its own."""

import subprocess
import sys


def launch(namespace: str, *parameters: str) -> subprocess.Popen:
    arguments = ["-r", f"__ns:=/{namespace}"]
    for parameter in ("robot:=ur5", *parameters):
        arguments += ["-p", parameter]
    return subprocess.Popen(
        [sys.executable, "-m", "twincell_arm.node", "--ros-args", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
