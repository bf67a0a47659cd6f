"""Stages of a test run: each has a name, a log file, a time limit and a tally.

A stage never ends the run: its failure is recorded and the next stage starts. Commands get no
stdin, and their whole process group is ended when the limit is reached.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tally import Tally


class StageFailed(Exception):
    """The stage cannot go on; the text says why."""


class Run:
    """One run of scripts/test: runs stages in order and keeps the score."""

    def __init__(self, root, log_dir, only=None, limit_seconds=None):
        self.root = Path(root)
        self.log_dir = Path(log_dir)
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self.only = re.compile(only) if only else None
        self.started = time.monotonic()
        self.limit_seconds = limit_seconds
        self.total = Tally()
        self.log = None
        self.deadline = None
        self.notes = []

    def note(self, text):
        """One line to be told with the stage's result."""
        self.notes.append(text)

    def stage(self, name, function, limit_seconds):
        """Runs function() -> Tally or None as stage `name` and prints its result and time."""
        if self.only and not self.only.search(name):
            return
        log_path = self.log_dir / f"{name}.log"
        begin = time.monotonic()
        processor_begin = processor_seconds()
        left = limit_seconds
        if self.limit_seconds is not None:
            left = min(left, self.limit_seconds - (begin - self.started))
        self.deadline = begin + left
        problem = None
        tally = Tally()
        self.notes = []
        print(f"{name:<22} ", end="", flush=True)
        with open(log_path, "w", encoding="utf-8", errors="replace") as self.log:
            try:
                if left <= 5:
                    raise StageFailed("no time left for it")
                tally = function() or tally
            except StageFailed as failure:
                problem = str(failure)
            except Exception as failure:  # a bug in the runner must not hide later stages
                problem = f"{type(failure).__name__}: {failure}"
        if problem:
            tally.fail(problem)
        self.report(name, tally, log_path, time.monotonic() - begin, processor_seconds() - processor_begin)

    def report(self, name, tally, log_path, seconds, processor):
        parts = []
        if tally.passed or tally.failed:
            parts.append(f"{tally.passed} passed")
        if tally.failed:
            parts.append(f"{tally.failed} FAILED")
        if tally.skipped:
            parts.append(f"{len(tally.skipped)} not applicable here")
        print(f"{seconds:7.1f} s  {processor:7.1f} s of processor time  {', '.join(parts) or 'done'}", flush=True)
        for text in self.notes:
            print(f"    {text}")
        for case in tally.skipped:
            print(f"    not applicable: {case}")
        if tally.failed:
            for case in tally.failures[:20]:
                print(f"    FAILED: {case}")
            print(f"    --- end of {os.path.relpath(log_path, self.root)}")
            for line in tail(log_path, 40):
                print(f"    {line}")
            sys.stdout.flush()
        tally.failures = [f"{name}: {case}" for case in tally.failures]
        self.total.add(tally)

    def command(self, *words, env=None, cwd=None, check=True):
        """Runs a command into the stage's log. Returns its exit status."""
        self.log.write(f"\n$ {' '.join(map(str, words))}\n")
        self.log.flush()
        try:
            process = subprocess.Popen([str(word) for word in words], cwd=cwd or self.root, stdin=subprocess.DEVNULL,
                                       stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
                                       env={**os.environ, **(env or {})})
        except OSError as failure:
            raise StageFailed(f"{words[0]}: {failure.strerror}") from failure
        try:
            status = process.wait(timeout=max(1.0, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            end_group(process)
            raise StageFailed(f"time limit reached in: {' '.join(map(str, words[:3]))}") from None
        except BaseException:
            end_group(process)
            raise
        if check and status != 0:
            raise StageFailed(f"exit status {status} from: {' '.join(map(str, words[:3]))}")
        return status

    def finish(self):
        """Lists the failures and prints the closing line. Returns the exit status."""
        print(f"all stages: {time.monotonic() - self.started:.0f} s, {processor_seconds():.0f} s of processor time")
        if self.total.failures:
            print("failures:")
            for case in self.total.failures:
                print(f"    {case}")
        print(f"{self.total.passed} passed, {self.total.failed} failed", flush=True)
        return 0 if self.total.failed == 0 and self.total.passed > 0 else 1


def processor_seconds():
    """Of everything that was started and has ended."""
    spent = os.times()
    return spent.children_user + spent.children_system


def end_group(process):
    """Ends a process and everything it started, politely first."""
    for sig, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, sig)
        except ProcessLookupError:
            return
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            continue


def tail(path, count):
    with open(path, encoding="utf-8", errors="replace") as log:
        lines = log.read().splitlines()
    return [line[:240] for line in lines[-count:]]
