"""Compiles a snippet as it stands (must succeed) and with its mistake (must fail as it says).

compile_check.py SNIPPET INCLUDE_DIR -- COMPILER AND FLAGS...
The first line of the snippet is `// expect: REGEX`; the compiler's message must match it, so that
a snippet cannot fail for another reason, such as a header that has moved.
"""

import os
import re
import subprocess
import sys


def compile_snippet(compiler, include, snippet, *more):
    return subprocess.run([*compiler, "-fsyntax-only", "-I", include, *more, snippet], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})


def check(snippet, include, compiler):
    """What is wrong, or None."""
    with open(snippet, encoding="utf-8") as file:
        first = file.readline()
    expected = re.match(r"// expect: (.+)$", first)
    if not expected:
        return "the first line must be `// expect: REGEX`"
    control = compile_snippet(compiler, include, snippet)
    if control.returncode != 0:
        return f"the control does not compile:\n{control.stderr}"
    mistake = compile_snippet(compiler, include, snippet, "-DSLUICE_MISTAKE")
    if mistake.returncode == 0:
        return "the mistake compiles"
    if not re.search(expected.group(1), mistake.stderr):
        return f"it fails, but not with /{expected.group(1)}/:\n{mistake.stderr}"
    return None


def main():
    split = sys.argv.index("--")
    snippet, include = sys.argv[1:split]
    problem = check(snippet, include, sys.argv[split + 1:])
    if problem:
        print(f"{os.path.basename(snippet)}: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
