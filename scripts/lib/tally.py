"""Counts test cases in the log of `meson test`.

A Google Test program prints one line per case, and each is counted; a program that says
"N passed, M failed" is taken at its word; any other test is one case. A program that dies, times
out or ends badly without naming a failed case counts as one failure more, so that a crash can
never look like a pass. A Google Test program that ran no case is a failure too.
"""

import json
import re
from dataclasses import dataclass, field

GTEST_OK = re.compile(r"^\[       OK \] ", re.M)
GTEST_BAD = re.compile(r"^\[  FAILED  \] (\S+?),? .*\(\d+ ms\)$", re.M)
GTEST_SKIP = re.compile(r"^\[  SKIPPED \] (\S+) \(\d+ ms\)$", re.M)
GTEST_START = re.compile(r"^\[==========\] Running \d+ tests?", re.M)
OWN_COUNT = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
MESON_GOOD = ("OK", "EXPECTEDFAIL")


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: list = field(default_factory=list)
    failures: list = field(default_factory=list)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures

    def fail(self, name):
        self.failed += 1
        self.failures.append(name)


def count_test(record):
    """The tally of one line of meson's testlog.json."""
    tally = Tally()
    name = record["name"].split(" / ")[-1]
    output = record.get("stdout") or ""
    good = record["result"] in MESON_GOOD
    if record["result"] == "SKIP":
        tally.skipped.append(name)
        return tally
    own = OWN_COUNT.findall(output)
    if GTEST_START.search(output):
        tally.passed = len(GTEST_OK.findall(output))
        for case in GTEST_BAD.findall(output):
            tally.fail(f"{name}: {case}")
        tally.skipped += [f"{name}: {case}" for case in GTEST_SKIP.findall(output)]
        if tally.passed + tally.failed + len(tally.skipped) == 0:
            tally.fail(f"{name}: no case ran")
    elif own:
        tally.passed = int(own[-1][0])
        for _ in range(int(own[-1][1])):
            tally.fail(name)
    elif good:
        tally.passed = 1
    if not good and tally.failed == 0:
        tally.fail(f"{name}: {record['result'].lower()}, exit status {record.get('returncode')}")
    return tally


def count_log(path):
    """The tally of a whole meson log; empty if the suite had no tests."""
    total = Tally()
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            for line in log:
                if line.strip():
                    total.add(count_test(json.loads(line)))
    except FileNotFoundError:
        pass
    return total
