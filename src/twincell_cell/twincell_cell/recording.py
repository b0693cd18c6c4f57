"""The recorder of a cell as its starter sees it: where the bag goes, when it records, how it ended."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twincell_model.errors import UserError

from twincell_cell.config import CellConfig
from twincell_cell.outputs import run_folder
from twincell_cell.provenance import collect
from twincell_cell.session import CellSession
from twincell_cell.supervisor import CellError

AUTO = "auto"
"""Value of `--record` without a folder: `bag` in the folder of the run."""
RECORDER = "recorder"
_READY_S = 20.0
# The index of a long bag, and what waits for a slow disk.
_END_S = 30.0


@dataclass(frozen=True)
class Recording:
    """How a recording ended. `note` says in plain words what is wrong; empty when nothing is."""

    bag: str
    messages: int
    bytes: int
    duration_s: float
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "complete": not self.note}


def prepare(config: CellConfig, record: str, verb: str, policy: str = "") -> tuple[CellConfig, Path]:
    """`config` with a bag to record, and the folder of the run. Raises UserError when the bag cannot be made there.

    An empty `record` records nothing.
    """
    from twincell_bag.writer import check_folder

    if record and record != AUTO:
        check_folder(Path(record), "--record")
    logs = run_folder(verb)
    if not record:
        return config, logs
    bag = logs / "bag" if record == AUTO else Path(record).absolute()
    provenance = collect(config, policy).write(logs / "provenance")
    return replace(config, record=str(bag), provenance=str(provenance)), logs


def wait_until_recording(session: CellSession, topics: Iterable[str]) -> None:
    """Wait until the recorder has these topics of the cell. Raises CellError with its own words when it cannot."""
    from diagnostic_msgs.msg import DiagnosticArray
    from twincell_runtime.polled import PolledSubscription

    from twincell_contract import names, qos

    wanted = {session.config.full_namespace.rstrip("/") + "/" + topic for topic in topics}
    heard: set[str] = set()
    subscription = PolledSubscription(session.node, DiagnosticArray, names.DIAGNOSTICS, qos.streaming(100))

    def records() -> bool:
        supervisor = session.supervisor
        if supervisor is not None and supervisor.exit_code(RECORDER) is not None:
            raise CellError(f"the recorder could not start: {supervisor.tail(RECORDER)}")
        for received in subscription.take_all():
            for status in received.msg.status:
                if status.name == RECORDER:
                    heard.update(json.loads({v.key: v.value for v in status.values}.get("topics", "[]")))
        return wanted <= heard

    try:
        if not session.spin_until(records, _READY_S):
            missing = ", ".join(sorted(wanted - heard))
            raise CellError(
                f"the recorder did not find {missing} within {_READY_S:g} s (logs: {session.logs})"
            )
    finally:
        subscription.destroy()


def finish(session: CellSession) -> Recording | None:
    """End the recorder before the rest of the cell and look at what it left; None when nothing is recorded."""
    from twincell_bag.reading import Bag

    if not session.config.record or session.supervisor is None:
        return None
    code = session.supervisor.end(RECORDER, _END_S)
    bag = session.config.record
    note = ""
    if code < 0:
        name = signal.Signals(-code).name
        note = f"the recorder was killed by {name}; mend what it left with: twincell bag repair {bag}"
    elif code:
        note = session.supervisor.tail(RECORDER).split("error: ", 1)[-1]
    try:
        with Bag(bag) as opened:
            statistics = opened.statistics
            return Recording(
                bag,
                statistics.message_count,
                opened.file.stat().st_size,
                round(opened.duration_s, 3),
                note,
            )
    except UserError as error:
        return Recording(bag, 0, 0, 0.0, note or str(error))
