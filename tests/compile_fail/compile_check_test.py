"""Shows that compile_check.py refuses each way in which a compile-failure test can be empty."""

import os
import sys
import tempfile

from compile_check import check

CASES = [
    ("good", "// expect: not declared\nint a = 0;\n#ifdef SLUICE_MISTAKE\nint b = c;\n#endif\n", None),
    ("no expectation", "int a = 0;\n", "first line"),
    ("mistake compiles", "// expect: x\nint a = 0;\n", "the mistake compiles"),
    ("control broken", "// expect: x\nint a = b;\n", "control does not compile"),
    ("other message", "// expect: narrowing\n#ifdef SLUICE_MISTAKE\nint b = c;\n#endif\n", "not with"),
]


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        for name, text, expected in CASES:
            snippet = os.path.join(directory, "snippet.cpp")
            with open(snippet, "w", encoding="utf-8") as file:
                file.write(text)
            problem = check(snippet, directory, ["c++", "-std=c++20"])
            if (problem is None) != (expected is None) or (expected and expected not in problem):
                failed += 1
                print(f"{name}: expected {expected!r}, got {problem!r}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
