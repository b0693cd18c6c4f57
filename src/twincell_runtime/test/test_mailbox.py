import threading
import time

import pytest
from twincell_runtime.mailbox import Mailbox, MailboxTimeout


@pytest.fixture
def looped():
    mailbox = Mailbox()
    done = threading.Event()

    def loop() -> None:
        while not done.is_set():
            mailbox.run_pending()
            time.sleep(0.001)

    thread = threading.Thread(target=loop)
    thread.start()
    yield mailbox, thread
    done.set()
    thread.join()


def test_work_runs_in_the_loop_thread(looped):
    mailbox, thread = looped
    assert mailbox.call(threading.get_ident) == thread.ident


def test_exception_reaches_the_caller(looped):
    mailbox, _ = looped
    with pytest.raises(ZeroDivisionError):
        mailbox.call(lambda: 1 // 0)


def test_timed_out_work_is_never_run():
    mailbox = Mailbox()
    ran = []
    with pytest.raises(MailboxTimeout):
        mailbox.call(lambda: ran.append(1), timeout=0.02)
    mailbox.run_pending()
    assert ran == []


def test_at_most_so_many_calls_per_tick():
    mailbox = Mailbox()
    threads = [threading.Thread(target=mailbox.call, args=(lambda: None, 20.0)) for _ in range(5)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 10.0
    while mailbox._queue.qsize() < 5:
        assert time.monotonic() < end
        time.sleep(0.005)
    assert mailbox.run_pending(at_most=2) == 2
    assert mailbox.run_pending(at_most=9) == 3
    for thread in threads:
        thread.join()
