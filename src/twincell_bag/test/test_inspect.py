import pytest
import yaml
from bag_samples import RELIABLE, START_NS, make_bag
from twincell_bag.definitions import find
from twincell_bag.inspect import check
from twincell_bag.metadata import FILE, ROOT, TopicInfo
from twincell_bag.writer import BagWriter
from twincell_model.errors import UserError


def failed(path) -> set[str]:
    return {item.name for item in check(path) if not item.ok}


def bag_with(folder, sequences: list[int], **facts: str):
    writer = BagWriter(folder)
    writer.note("twincell", {"robot": "ur5e", "git_commit": "0", "command": "demo", **facts})
    writer.attach("contract.md", b"x")
    writer.attach("config/robots/ur5e.yaml", b"x")
    number = find("std_msgs/msg/Float64")
    channel = writer.add_topic(TopicInfo("/a", number.name, number.hash, [RELIABLE]), number)
    for index, sequence in enumerate(sequences):
        writer.write(channel, START_NS + index, START_NS + index, b"\0\1\0\0" + bytes(8), sequence)
    writer.close()
    return folder


def test_a_whole_bag_passes(tmp_path):
    assert failed(bag_with(tmp_path / "bag", [5, 6, 7, 8])) == set()


def test_a_lost_message_is_counted(tmp_path):
    bag_with(tmp_path / "bag", [5, 6, 8, 9])
    result = next(item for item in check(tmp_path / "bag") if item.name == "published equals recorded")
    assert not result.ok and "/a 1 of 5" in result.detail


def test_several_publishers_number_for_themselves(tmp_path):
    assert failed(bag_with(tmp_path / "bag", [1, 9, 2, 12])) == set()


def test_missing_provenance_and_wrong_metadata_fail(tmp_path):
    bag = make_bag(tmp_path / "bag")
    assert failed(bag) == {"where it comes from"}
    document = yaml.safe_load((bag / FILE).read_text())
    document[ROOT]["topics_with_message_count"][1]["message_count"] -= 1
    (bag / FILE).write_text(yaml.safe_dump(document))
    assert "metadata.yaml" in failed(bag)
    (bag / FILE).write_text("{")
    assert "metadata.yaml" in failed(bag)


def test_flipped_bits_in_a_chunk_are_found(tmp_path):
    bag = make_bag(tmp_path / "bag", 2000, compression="lz4")
    file = bag / "bag_0.mcap"
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0xFF
    file.write_bytes(data)
    assert "every message reads" in failed(bag)


def test_no_bag_at_all_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="there is no bag"):
        check(tmp_path / "none")
    with pytest.raises(UserError, match=r"no \.mcap file"):
        check(tmp_path)
