"""Time the hypervisor took from this machine, from /proc/stat (proc(5): the 8th value of a cpu line)."""

import os


class StealClock:
    """Machine steal time since boot, summed over the CPUs. Resolution is one clock tick (10 ms as a rule)."""

    def __init__(self) -> None:
        self._ms_per_tick = 1000.0 / os.sysconf("SC_CLK_TCK")
        try:
            self._fd = os.open("/proc/stat", os.O_RDONLY)
        except OSError:
            self._fd = -1

    def milliseconds(self) -> float:
        """Steal time in ms; 0 where the system does not tell."""
        if self._fd < 0:
            return 0.0
        fields = os.pread(self._fd, 256, 0).split(b"\n", 1)[0].split()
        return float(fields[8]) * self._ms_per_tick if len(fields) > 8 else 0.0
