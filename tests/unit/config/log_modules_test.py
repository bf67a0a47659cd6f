#!/usr/bin/env python3
"""Every name that a log line of the program carries is one that --log-levels knows.

    log_modules_test.py SOURCE_FOLDER
"""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
listed = re.search(r"log_modules\{(.*?)\}", (source / "config" / "log_levels.h").read_text(), re.S).group(1)
known = set(re.findall(r'"(\w+)"', listed))
used = {}
for path in source.rglob("*.cpp"):
    text = path.read_text()
    if "observe/log.h" in text:
        for name in re.findall(r'\barea = "(\w+)"|\blog(?:_\w+)?\([^"();]*"(\w+)",', text):
            used.setdefault("".join(name), path.relative_to(source))
unknown = {name: str(path) for name, path in used.items() if name not in known}
print(f"not in config/log_levels.h: {unknown}" if unknown else f"{sorted(used)} are known")
sys.exit(1 if unknown or len(used) < 5 else 0)
