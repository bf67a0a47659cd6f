"""Shows that the test runner's score cannot hide a failure: crashes, empty programs, wrong exits."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "lib"))
from tally import count_test  # noqa: E402  (the path comes first)

RUNNING = "[==========] Running 3 tests from 1 test suite.\n"
OK = "[       OK ] Ring.holds_what_was_put (0 ms)\n"
BAD = "[  FAILED  ] Ring.wraps (1 ms)\n"
BAD_PARAMETER = "[  FAILED  ] Kernels/Sha.same/2, where GetParam() = \"avx2 (8 lanes)\" (1 ms)\n"
SKIPPED = "[  SKIPPED ] Ring.needs_avx512 (0 ms)\n"
FINAL_LIST = "[  FAILED  ] 1 test, listed below:\n[  FAILED  ] Ring.wraps\n"

# name, output, result, (passed, failed, skipped)
CASES = [
    ("all good", RUNNING + OK + OK, "OK", (2, 0, 0)),
    ("one bad, listed again at the end", RUNNING + OK + BAD + FINAL_LIST, "FAIL", (1, 1, 0)),
    ("bad with a parameter", RUNNING + BAD_PARAMETER + OK, "FAIL", (1, 1, 0)),
    ("crash after a pass", RUNNING + OK, "FAIL", (1, 1, 0)),
    ("time limit", RUNNING + OK, "TIMEOUT", (1, 1, 0)),
    ("nothing ran", "[==========] Running 0 tests from 0 test suites.\n", "OK", (0, 1, 0)),
    ("not applicable", RUNNING + OK + SKIPPED, "OK", (1, 0, 1)),
    ("own count", "seed 1\n200 passed, 0 failed\n", "OK", (200, 0, 0)),
    ("own count with failures", "198 passed, 2 failed\n", "FAIL", (198, 2, 0)),
    ("own count, bad exit", "200 passed, 0 failed\n", "FAIL", (200, 1, 0)),
    ("own count with failures, good exit", "1 passed, 1 failed\n", "OK", (1, 1, 0)),
    ("plain", "", "OK", (1, 0, 0)),
    ("plain, bad", "", "ERROR", (0, 1, 0)),
]


def main():
    failed = 0
    for name, output, result, expected in CASES:
        tally = count_test({"name": "sluice:unit / x", "stdout": output, "result": result, "returncode": 0})
        got = (tally.passed, tally.failed, len(tally.skipped))
        if got != expected or len(tally.failures) != tally.failed:
            failed += 1
            print(f"{name}: expected {expected}, got {got}, {tally.failures}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
