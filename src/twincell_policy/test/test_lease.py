"""When a lease counts as lost."""

from twincell_policy.lease import GRACE_S, SILENCE_S, LeaseWatch

from twincell_msgs.msg import ControllerStatus


def status(owner: str, reason: str = "") -> ControllerStatus:
    return ControllerStatus(owner=owner, reason=reason)


def test_batches_from_before_the_grant_do_not_count() -> None:
    watch = LeaseWatch("policy", 10.0)
    assert watch.lost(status(""), 10.0 + GRACE_S / 2) == ""
    assert watch.lost(status("policy"), 10.0 + GRACE_S) == ""
    assert watch.lost(status("policy"), 20.0) == ""


def test_a_grant_that_never_shows() -> None:
    watch = LeaseWatch("policy", 10.0)
    assert "nobody owns the arm" in watch.lost(status(""), 10.0 + GRACE_S + 0.01)


def test_another_owner() -> None:
    watch = LeaseWatch("policy", 10.0)
    watch.lost(status("policy"), 10.02)
    assert watch.lost(status("teleop"), 10.04) == "lost the lease, teleop owns the arm now"


def test_a_stop_says_why() -> None:
    watch = LeaseWatch("policy", 10.0)
    watch.lost(status("policy"), 10.02)
    lost = watch.lost(status("", "Joint states are too old: stopped."), 10.04)
    assert lost == "lost the lease, nobody owns the arm now: Joint states are too old: stopped."


def test_silence() -> None:
    watch = LeaseWatch("policy", 10.0)
    watch.lost(status("policy"), 10.02)
    assert watch.lost(None, 10.0 + SILENCE_S) == ""
    assert watch.lost(None, 10.1 + SILENCE_S) == "controller/status is silent"
