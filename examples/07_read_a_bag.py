"""Read a bag: its topics, how many messages and how often, and how fast the joints went. Needs no ROS, only rosbags."""

import argparse
from pathlib import Path

try:
    from rosbags.highlevel import AnyReader
except ImportError:
    raise SystemExit("rosbags is not installed: python -m pip install rosbags") from None

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("bag", type=Path, help="the folder of a bag")
args = parser.parse_args()
if not (args.bag / "metadata.yaml").exists():
    raise SystemExit(f"{args.bag} is no bag, or its recorder was killed: twincell bag repair {args.bag}")

with AnyReader([args.bag]) as reader:
    seconds = reader.duration * 1e-9
    print(f"{reader.message_count} messages in {seconds:.1f} s")
    for name, topic in sorted(reader.topics.items()):
        print(f"{name:60s} {topic.msgtype:40s} {topic.msgcount:7d} {topic.msgcount / seconds:8.1f} Hz")

    # The definitions of all message types are in the bag: what is decoded needs no package of theirs.
    fastest = {}
    states = [c for c in reader.connections if c.topic.endswith("/joint_states")]
    for connection, _, data in reader.messages(states):
        state = reader.deserialize(data, connection.msgtype)
        for joint, speed in zip(state.name, state.velocity, strict=True):
            fastest[joint] = max(fastest.get(joint, 0.0), abs(speed))

if not fastest:
    raise SystemExit("no joint_states in this bag")
joint = max(fastest, key=fastest.get)
print(f"largest joint speed: {fastest[joint]:.3f} rad/s, {joint}")
