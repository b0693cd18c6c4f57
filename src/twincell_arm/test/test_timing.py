from types import SimpleNamespace

import pytest
from twincell_arm.timing import TimingRecorder
from twincell_runtime.loop import Tick
from twincell_runtime.steal import LAG_S


class Sink:
    """Stands where the node's publisher would: keeps what was published."""

    def __init__(self) -> None:
        self.messages: list = []

    def create_publisher(self, *_):
        return self

    def publish(self, message) -> None:
        self.messages.append(message)


def received(source_ms: float, arrival_ms: float) -> SimpleNamespace:
    return SimpleNamespace(source_ns=int(1e6 * source_ms), received_ns=int(1e6 * arrival_ms))


@pytest.fixture
def sink():
    return Sink()


def test_ages_gaps_and_skips_are_those_of_the_ticks(sink):
    recorder = TimingRecorder(sink, "arm", 0.002)
    recorder.record(Tick(0, 0.0, 0.0001, 0), [received(10.0, 10.5)], int(11e6), True)
    recorder.record(Tick(1, 0.0, 0.0050, 2), [], int(18e6), True)
    recorder.record(Tick(2, 0.0, 0.0002, 0), [received(16.0, 18.5), received(18.0, 19.5)], int(20e6), True)
    recorder.record(Tick(3, LAG_S, 0.0, 0), [received(30.0, 30.5)], int(31e6), True)
    recorder.publish(5_000_000_007)
    (message,) = sink.messages
    assert list(message.lateness_ms) == pytest.approx([0.1, 5.0, 0.2, 0.0])
    assert list(message.command_age_ms) == pytest.approx([1.0, 8.0, 2.0, 1.0])
    # The last gap waits: the kernel books stolen time late.
    assert list(message.command_gap_ms) == pytest.approx([8.0, 1.0])
    assert len(message.gap_steal_ms) == 2 and min(message.gap_steal_ms) >= 0.0
    assert message.ticks_skipped == 2 and message.period_ms == 2.0 and message.cpu_s > 0.0
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (5, 7)


def test_ages_count_only_while_following_and_a_message_starts_afresh(sink):
    recorder = TimingRecorder(sink, "arm", 0.002)
    recorder.record(Tick(0, 0.0, 0.0, 0), [received(10.0, 10.5)], int(11e6), False)
    recorder.publish(0)
    recorder.publish(0)
    assert [len(m.command_age_ms) for m in sink.messages] == [0, 0]
    assert [len(m.lateness_ms) for m in sink.messages] == [1, 0]
