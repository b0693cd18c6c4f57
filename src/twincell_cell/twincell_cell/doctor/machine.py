"""Shared memory, graphics, clocks, kernel, and how late the machine wakes a loop."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from twincell_cell import shm
from twincell_cell.doctor.finding import FAIL, OK, WARN, Finding, run_child
from twincell_model import paths

MEBI = 2**20
# A cell with cameras and a recorder has about ten processes of 4.9 MB each (config/dds/loopback.xml). [bytes]
SHM_WANTED = 64 * MEBI
SHM_NEEDED = 24 * MEBI
MEMORY_WANTED = 1536 * MEBI
DISK_WANTED = 1024 * MEBI
# The goals for p99 lateness of the real-time loops with and without SCHED_FIFO. [ms]
P99_FIFO_MS = 0.5
P99_NORMAL_MS = 8.0
STOLEN_WANTED = 0.05
WAKEUP_S = 2.0

GL_PACKAGES = "sudo apt-get install -y libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri, then ./twincell setup"
FIFO_REMEDY = (
    "add '@realtime - rtprio 99' and '@realtime - memlock unlimited' to /etc/security/limits.d/realtime.conf "
    "and yourself to that group; in Docker: --cap-add=sys_nice --ulimit rtprio=99 --ulimit memlock=-1"
)


def shared_memory(folder: Path = shm.SHM) -> Iterator[Finding]:
    """Size of /dev/shm and what dead processes left there."""
    usage = shutil.disk_usage(folder)
    detail = f"{usage.free // MEBI} of {usage.total // MEBI} MiB free"
    remedy = "sudo mount -o remount,size=512M /dev/shm; in Docker: --shm-size=512m"
    level = FAIL if usage.free < SHM_NEEDED else WARN if usage.free < SHM_WANTED else OK
    yield Finding("/dev/shm", level, detail, remedy if level != OK else "")
    stale = shm.stale_files(folder)
    size = sum(path.stat().st_size for path in stale if path.exists())
    if stale:
        detail = f"{len(stale)} files of dead processes, {size / MEBI:.1f} MiB"
        yield Finding("stale segments", WARN, detail, "the next ./twincell up or demo removes them")
    else:
        yield Finding("stale segments", OK, "none")


_RENDER = """
import json, time, mujoco
from OpenGL import GL
model = mujoco.MjModel.from_xml_string(
    "<mujoco><worldbody><light pos='0 0 3'/><geom size='.3'/></worldbody></mujoco>")
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
with mujoco.Renderer(model, 240, 424) as renderer:
    renderer.update_scene(data)
    image = renderer.render()
    start = time.monotonic()
    renderer.render()
    print(json.dumps({
        "renderer": GL.glGetString(GL.GL_RENDERER).decode(), "ms": (time.monotonic() - start) * 1e3,
        "blank": bool(image.max() == image.min())}))
"""


def graphics() -> Iterator[Finding]:
    """Renders a picture in a process of its own: a broken GL driver may end the process."""
    back_end = os.environ.get("MUJOCO_GL", "not set")
    result = run_child(["-c", _RENDER])
    if result.returncode != 0:
        reason = (result.stderr.strip().splitlines() or [f"exit {result.returncode}"])[-1][:120]
        yield Finding("graphics", WARN, f"MUJOCO_GL={back_end} does not render: {reason}", GL_PACKAGES)
        return
    report = json.loads(result.stdout)
    detail = f"{back_end}, {report['renderer']}, {report['ms']:.1f} ms for a 424x240 picture"
    if report["blank"]:
        yield Finding("graphics", WARN, f"{detail}, but the picture is blank", "try MUJOCO_GL=osmesa")
    else:
        yield Finding("graphics", OK, detail)


def clock() -> Iterator[Finding]:
    """Clock source, and whether the system clock follows a reference."""
    try:
        source = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource").read_text().strip()
    except OSError:
        source = "unknown"
    if source in ("hpet", "acpi_pm", "jiffies", "refined-jiffies"):
        yield Finding(
            "clock", WARN, f"slow source {source}", "boot with clocksource=tsc where the CPU has a stable one"
        )
    else:
        yield Finding("clock", OK, f"source {source}")
    # adjtimex(2) with modes 0 only reads; it returns TIME_ERROR (5) while the clock is unsynchronised.
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    if state == 5:
        detail = "the system clock follows no reference; stamps agree on this host only"
        yield Finding("time sync", WARN, detail, "several hosts: sudo apt-get install -y chrony")
    elif state < 0:
        yield Finding("time sync", OK, "not visible from here")
    else:
        yield Finding("time sync", OK, "the system clock is synchronised")


def kernel() -> Iterator[Finding]:
    """Kernel flavour, CPU count and frequency governor, memory and disk."""
    release = platform.release()
    realtime = Path("/sys/kernel/realtime").exists() or "PREEMPT_RT" in platform.version()
    remedy = "" if realtime else "for a real arm at 500 Hz a PREEMPT_RT kernel keeps the worst case low"
    yield Finding("kernel", OK, f"{release}{', PREEMPT_RT' if realtime else ', not PREEMPT_RT'}", remedy)

    count = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    detail = f"{count} usable, load {load:.1f}"
    if count < 2:
        yield Finding("cpu", WARN, detail, "a cell needs 2 cores: fewer make the loops late")
    elif load > 1.5 * count:
        yield Finding("cpu", WARN, detail, "something else keeps the machine busy")
    else:
        yield Finding("cpu", OK, detail)
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor.exists() and governor.read_text().strip() == "powersave":
        yield Finding("governor", WARN, "powersave", "sudo cpupower frequency-set -g performance")

    memory = psutil.virtual_memory()
    level = WARN if memory.available < MEMORY_WANTED else OK
    detail = f"{memory.available // MEBI} of {memory.total // MEBI} MiB free"
    yield Finding("memory", level, detail, "close other programs" if level == WARN else "")
    free = shutil.disk_usage(paths.root()).free
    level = WARN if free < DISK_WANTED else OK
    yield Finding(
        "disk", level, f"{free // MEBI} MiB free", "runs and bags need space" if level == WARN else ""
    )


def latency(seconds: float = WAKEUP_S) -> Iterator[Finding]:
    """How late a 500 Hz loop wakes, under the normal scheduler and under SCHED_FIFO."""
    stolen = 0.0
    for fifo in (False, True):
        name = f"wake-up, {'SCHED_FIFO' if fifo else 'normal'}"
        result = run_child(["-m", "twincell_cell.wakeup", str(seconds)], TWINCELL_FIFO="1" if fifo else "0")
        if result.returncode != 0:
            reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            yield Finding(name, FAIL, reason, "run ./twincell setup")
            continue
        report = json.loads(result.stdout)
        stolen = max(stolen, report["stolen"])
        if fifo and not report["fifo"]:
            yield Finding(name, WARN, "not permitted: loops are late when the machine is busy", FIFO_REMEDY)
            continue
        detail = f"p50 {report['p50_ms']:.2f}, p99 {report['p99_ms']:.2f}, max {report['max_ms']:.2f} ms late at 500 Hz"
        late = report["p99_ms"] > (P99_FIFO_MS if fifo else P99_NORMAL_MS)
        yield Finding(
            name,
            WARN if late else OK,
            detail,
            "close other programs; see docs/troubleshooting.md" if late else "",
        )
    level = WARN if stolen > STOLEN_WANTED else OK
    remedy = "the hypervisor gives the cores to others: reserve them" if level == WARN else ""
    yield Finding("steal", level, f"{100 * stolen:.1f} % of the time stolen by the hypervisor", remedy)
