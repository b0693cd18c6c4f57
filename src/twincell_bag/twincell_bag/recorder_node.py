"""Process `recorder`: records a cell into a bag until it is told to stop.

It says how it goes in diagnostics (name `recorder`): topics, messages, bytes, and in plain words why it stopped early.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from twincell_model.errors import UserError
from twincell_runtime.loop import PeriodicLoop, RateTimer, Tick
from twincell_runtime.params import Param, declare

from twincell_bag.recorder import Recorder
from twincell_bag.writer import COMPRESSION, PROVENANCE, BagWriter
from twincell_contract import names, qos
from twincell_runtime import node_main

NAME = "recorder"
PARAMETERS = (
    Param("folder", "", "Folder of the bag; it must not exist or be empty."),
    Param("compression", "lz4", "Of the chunks in the bag.", choices=tuple(COMPRESSION)),
    Param(
        "provenance",
        "",
        "Folder whose files go into the bag as attachments; its metadata.json becomes the metadata record 'twincell'.",
    ),
    Param("keep_free_mb", 200.0, "Recording stops when less is free on the disk.", unit="MB", minimum=0.0),
)

# 500 Hz topics then wait with 10 messages, images with one or two; the depths hold a second.
POLL_HZ = 50.0
# Graph queries cost 1 ms; a latched or young topic loses nothing or little in this time.
_DISCOVER_HZ = 5.0
_FLUSH_HZ = 1.0
METADATA = "metadata.json"


class RecorderRunner:
    """The recorder's loop: take, find new topics, flush, tell."""

    def __init__(self) -> None:
        self._node = Node(NAME)
        values = declare(self._node, PARAMETERS)
        if not values["folder"]:
            raise UserError(
                "the parameter 'folder' is empty; name the folder of the bag: -p folder:=runs/my_bag"
            )
        self._writer = BagWriter(
            Path(values["folder"]),
            compression=values["compression"],
            keep_free=int(values["keep_free_mb"] * 1e6),
            ros_distro=os.environ.get("ROS_DISTRO", ""),
        )
        if values["provenance"]:
            attach_folder(self._writer, Path(values["provenance"]))
        self._recorder = Recorder(self._node, self._writer, self._node.get_namespace())
        self._publisher = self._node.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.streaming())
        self._loop = PeriodicLoop(1.0 / POLL_HZ, self._tick, name=NAME)
        self._discover, self._flush = RateTimer(_DISCOVER_HZ), RateTimer(_FLUSH_HZ)

    def run(self) -> None:
        """Record until `stop`. Raises UserError when the disk is full or fails."""
        try:
            self._loop.run()
            self._recorder.take()
            self._writer.close()
        except OSError as error:
            raise UserError(
                f"the bag '{self._writer.folder}' cannot be written any more: {error.strerror}; "
                f"what is in it comes back with: twincell bag repair {self._writer.folder}"
            ) from None
        if self._writer.stopped:
            self._tell(DiagnosticStatus.ERROR, self._sentence())
            time.sleep(0.2)  # for the message to leave
            raise UserError(self._sentence())

    def stop(self) -> None:
        """End `run`."""
        self._loop.stop()

    def close(self) -> None:
        """Free the node; the bag has been closed by then, unless the recorder failed."""
        self._recorder.close()
        self._node.destroy_node()

    def _tick(self, tick: Tick) -> None:
        if self._discover.due(tick.now):
            self._recorder.discover()
        self._recorder.take()
        if self._flush.due(tick.now):
            self._writer.flush()
            self._recorder.refresh()
            refused = "; ".join(
                f"{name} is not recorded: {why}" for name, why in self._recorder.refused.items()
            )
            self._tell(
                DiagnosticStatus.WARN if refused else DiagnosticStatus.OK,
                refused or f"recording into '{self._writer.folder}'",
            )
        if self._writer.stopped:
            self._loop.stop()

    def _sentence(self) -> str:
        return (
            f"recording stopped early: {self._writer.stopped}; "
            f"the {self._writer.info.count} messages until then are in the bag '{self._writer.folder}'"
        )

    def _tell(self, level: bytes, words: str) -> None:
        status = DiagnosticStatus(
            level=level,
            name=NAME,
            message=words,
            hardware_id=str(self._writer.folder),
            values=[
                KeyValue(key="messages", value=str(self._writer.info.count)),
                KeyValue(key="bytes", value=str(self._writer.size)),
                KeyValue(key="topics", value=json.dumps(self._recorder.topics)),
            ],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def attach_folder(writer: BagWriter, folder: Path) -> None:
    """Attach every file under `folder` by its path in there. Raises UserError when it cannot be read."""
    try:
        for path in sorted(item for item in folder.rglob("*") if item.is_file()):
            if path == folder / METADATA:
                writer.note(PROVENANCE, {str(k): str(v) for k, v in json.loads(path.read_text()).items()})
            else:
                writer.attach(path.relative_to(folder).as_posix(), path.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(f"the provenance folder '{folder}' cannot be read: {error}") from None


def main() -> int:
    """Entry point of the process."""
    return node_main.run(RecorderRunner, NAME)


if __name__ == "__main__":
    sys.exit(main())
