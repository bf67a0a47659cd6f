#!/usr/bin/env python3
"""The generator refuses every kind of mistake in options.toml by name, and takes the real file.

    make_options_test.py MAKE_OPTIONS OPTIONS_TOML PROFILES_DIR
"""
import pathlib
import subprocess
import sys
import tempfile

GOOD = """
[g]
title = "G"
commands = ["sync"]
[g.option.some-size]
type = "bytes"
default = { all = "1MiB" }
bounds = ["1KiB", "1GiB"]
env = ["SOME_SIZE"]
effect = "An effect."
reason = "A reason."
extreme = "1KiB"
"""

# What is changed in GOOD, and what the refusal must say.
MISTAKES = [
    ('"1MiB"', '"2GiB"', "out of its own bounds"),
    ('"1MiB"', '"1MB"', "needs one of the units"),
    ('extreme = "1KiB"', 'extreme = "1B"', "extreme '1B' is out of its own bounds"),
    ('["1KiB", "1GiB"]', '["1GiB", "1KiB"]', "bounds upside down"),
    ('bounds = ["1KiB", "1GiB"]\n', "", "needs bounds"),
    ('effect = "An effect."\n', "", "needs effect"),
    ('"A reason."', '" "', "needs reason"),
    ('type = "bytes"', 'type = "byte"', "unknown type byte"),
    ('commands = ["sync"]', 'commands = ["snyc"]', "unknown command snyc"),
    ("extreme", "extrem", "unknown field extrem"),
    ("some-size", "some_size", "lower case words joined by dashes"),
    ('env = ["SOME_SIZE"]', 'env = ["SOME_SIZE", "SOME_SIZE"]', "declared twice"),
    ('env = ["SOME_SIZE"]', 'env_seconds = ["SOME_SIZE"]', "env_seconds for durations"),
    ('title = "G"\n', "", "needs title"),
    ('env = ["SOME_SIZE"]', 'required = ["serve"]', "is required by a command that does not have it"),
]


def run(tool, options, profiles):
    return subprocess.run([sys.executable, tool, "check", options, profiles], capture_output=True, text=True)


def main():
    tool, options, profiles = sys.argv[1:4]
    failures = []
    if run(tool, options, profiles).returncode != 0:
        failures.append("the real options.toml is refused")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "options.toml"
        path.write_text(GOOD)
        if (answer := run(tool, path, profiles)).returncode != 0:
            failures.append(f"the good example is refused: {answer.stderr}")
        for before, after, expected in MISTAKES:
            if before not in GOOD:
                failures.append(f"nothing to change: {before}")
            path.write_text(GOOD.replace(before, after))
            answer = run(tool, path, profiles)
            if answer.returncode == 0 or expected not in answer.stderr or answer.stderr.count("\n") != 1:
                failures.append(f"{after!r}: expected {expected!r}, got {answer.stderr!r}")
    print("\n".join(failures) or f"{len(MISTAKES)} mistakes refused")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
