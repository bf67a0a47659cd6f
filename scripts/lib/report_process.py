"""A process with its children, looked at from outside through /proc, and ended whatever happens."""

import os
import signal
import statistics
import subprocess
import threading
import time
from pathlib import Path

MIB = 1 << 20
TICKS = os.sysconf("SC_CLK_TCK")


def stat_of(pid):
    """The fields of /proc/PID/stat behind the name: [0] is the state, [1] the parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def family_of(pid):
    """The process and its descendants."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := stat_of(entry)):
            children.setdefault(int(fields[1]), []).append(int(entry))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_seconds(pid):
    """User and system time of the family; children that have ended are in their parents' figures."""
    fields = [stat for member in family_of(pid) if (stat := stat_of(member))]
    return sum(int(stat[at]) for stat in fields for at in (11, 12, 13, 14)) / TICKS


def memory_mib(pid, name="VmRSS"):
    """Sum over the family of a line of /proc/PID/status."""
    total = 0
    for member in family_of(pid):
        try:
            lines = Path(f"/proc/{member}/status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(name + ":"))
    return total / 1024


class MemorySampler:
    """The median of resident memory while a with block runs; the largest too."""

    def __init__(self, pid, interval_s=0.05):
        self.pid, self.interval_s = pid, interval_s
        self.samples = []

    def __enter__(self):
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        while True:
            self.samples.append(memory_mib(self.pid))
            if self.done.wait(self.interval_s):
                return

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    @property
    def median(self):
        return statistics.median(self.samples)

    @property
    def peak(self):
        return max(self.samples)


class StartedProcess:
    """Until the end of a with block, with all it has started."""

    def __init__(self, words, environment, log):
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(words, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT, start_new_session=True)
        self.pid = self.process.pid
        self.usage = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if self.process.returncode is None:
            self.process.wait()

    def is_alive(self):
        """A process that has ended is reaped in stop(), so that its usage is not lost: looked at without reaping."""
        fields = stat_of(self.pid)
        return fields is not None and fields[0] not in ("Z", "X")

    def log_end(self):
        return self.log.read_text(errors="replace")[-1000:]

    def stop(self, patience_s=120):
        """Asks it to end, then waits. The resource usage of it and the children it waited for, or None if it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.process.returncode = os.waitstatus_to_exitcode(status)
                return usage
            time.sleep(0.01)
        return None


def files_bytes(directory):
    return sum(path.stat().st_size for path in Path(directory).rglob("*") if path.is_file() and not path.is_symlink())
