import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bag_samples import make_bag
from rosbags.highlevel import AnyReader
from twincell_bag.reading import Bag
from twincell_bag.repair import repair
from twincell_model.errors import UserError

_KILLED = """
import os, sys, time
sys.path.insert(0, {tests!r})
from pathlib import Path
from bag_samples import write_samples
from twincell_bag.writer import BagWriter
writer = BagWriter(Path({folder!r}))
writer.note("twincell", {{"robot": "ur5e"}})
writer.attach("a.yaml", b"a: 1")
write_samples(writer, 2000)
writer.flush()
write_samples(writer, 10)
print("ready", flush=True)
time.sleep(60)
"""


def test_a_killed_recorder_loses_only_what_came_after_the_last_flush(tmp_path):
    code = _KILLED.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "bag"))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with pytest.raises(UserError, match="bag repair"):
        Bag(tmp_path / "bag")
    done = repair(tmp_path / "bag")
    assert done.changed and done.messages == 2001
    with Bag(tmp_path / "bag") as bag:
        assert bag.attachments() == {"a.yaml": b"a: 1"}
        assert (
            bag.notes()["twincell"]["robot"] == "ur5e" and "cut after" in bag.notes()["twincell"]["repaired"]
        )
    with AnyReader([tmp_path / "bag"]) as reader:
        assert reader.message_count == 2001
    assert sorted(item.name for item in (tmp_path / "bag").iterdir()) == ["bag_0.mcap", "metadata.yaml"]


def test_a_file_cut_anywhere_comes_back_up_to_its_last_whole_chunk(tmp_path):
    whole = make_bag(tmp_path / "whole", 100_000, compression="none")
    data = (whole / "whole_0.mcap").read_bytes()
    counts = []
    for part in (0.4, 0.7, 0.95):
        folder = tmp_path / f"cut{part}"
        folder.mkdir()
        (folder / "cut_0.mcap").write_bytes(data[: int(len(data) * part)])
        counts.append(repair(folder).messages)
        with Bag(folder) as bag:
            sequences = [m.sequence for m in bag.messages(["/values"])]
        assert sequences == list(range(1, len(sequences) + 1))
    assert 0 < counts[0] < counts[1] < counts[2] < 100_001


def test_a_chunk_with_flipped_bits_ends_what_comes_back(tmp_path):
    whole = make_bag(tmp_path / "bag", 60_000, compression="none")
    file = whole / "bag_0.mcap"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data[:-100])
    assert 0 < repair(whole).messages < 60_001


def test_a_whole_bag_is_left_alone(tmp_path):
    bag = make_bag(tmp_path / "bag")
    before = (bag / "bag_0.mcap").read_bytes()
    assert repair(bag).changed is False
    assert (bag / "bag_0.mcap").read_bytes() == before


def test_missing_metadata_yaml_is_made_again(tmp_path):
    bag = make_bag(tmp_path / "bag", 100)
    (bag / "metadata.yaml").unlink()
    assert repair(bag).messages == 101
    with AnyReader([bag]) as reader:
        assert reader.message_count == 101


def test_something_else_is_not_touched(tmp_path):
    (tmp_path / "a.mcap").write_bytes(b"not a bag at all")
    with pytest.raises(UserError, match="nothing in"):
        repair(tmp_path)
    assert (tmp_path / "a.mcap").read_bytes() == b"not a bag at all"
    assert [item.name for item in tmp_path.iterdir()] == ["a.mcap"]
