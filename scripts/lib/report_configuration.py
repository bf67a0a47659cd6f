"""What scripts/report can measure: a server of our own, any other by its start command, or one that already runs."""

import re
import shlex
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

PLACEHOLDERS = ("db_dir", "blocks_dir", "node_url", "node_cookie", "node_zmq", "tcp_port", "rpc_port", "http_port", "sluice")
KEYS = {"name", "command", "sluice", "environment", "address", "admin", "pid"}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,39}")
# Limits are off, so that a client that asks all the time is not slowed down: that is a policy, and the same for all.
OWN_COMMAND = ("{sluice}", "serve", "--coin", "Radiant", "--net", "regtest", "--db-dir", "{db_dir}", "--blocks-dir", "{blocks_dir}",
               "--daemon-url", "{node_url}", "--services", "tcp://127.0.0.1:{tcp_port},rpc://127.0.0.1:{rpc_port}", "--http", "127.0.0.1:{http_port}",
               "--cost-soft-limit", "0", "--cost-hard-limit", "0", "--allow-root")


class ConfigurationError(Exception):
    """A configuration cannot be used; the text names it and says what is wrong."""


@dataclass
class Configuration:
    name: str
    command: list = field(default_factory=list)  # words with placeholders; empty for a server that already runs
    environment: dict = field(default_factory=dict)
    address: Optional[tuple] = None  # (host, port)
    admin: Optional[tuple] = None
    pid: Optional[int] = None
    text: str = ""  # as a reader of the report is told

    def filled(self, values):
        """(words, environment) with the placeholders' values."""
        fill = lambda text: re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), text)
        return [fill(word) for word in self.command], {key: fill(value) for key, value in self.environment.items()}


def refuse(name, what):
    raise ConfigurationError(f"configuration {name}: {what}")


def endpoint(name, key, text):
    host, colon, port = str(text).rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        refuse(name, f"{key} must be HOST:PORT, not {text!r}")
    return host.strip("[]"), int(port)


def check_placeholders(name, texts):
    for text in texts:
        for word in re.findall(r"\{(\w*)\}", text):
            if word not in PLACEHOLDERS:
                refuse(name, f"there is no placeholder {{{word}}}; there are {', '.join(PLACEHOLDERS)}")


def words_of(name, key, value):
    """A command as a list of words or as one text in the shell's spelling."""
    try:
        words = shlex.split(value) if isinstance(value, str) else value
    except ValueError as failure:
        refuse(name, f"{key}: {failure}")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        refuse(name, f"{key} must be a text or a list of texts")
    return words


def from_members(members, fallback_name):
    """A configuration from the members of a file."""
    name = members.get("name", fallback_name)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        refuse(fallback_name, "name must be at most 40 letters, digits, spaces and . _ + -")
    for key in members:
        if key not in KEYS:
            refuse(name, f"there is no setting {key}; there are {', '.join(sorted(KEYS))}")
    ways = [key for key in ("command", "sluice", "address") if key in members]
    if len(ways) != 1:
        refuse(name, "exactly one of command, sluice (options of our own server) and address must be given")
    environment = members.get("environment", {})
    if not isinstance(environment, dict) or not all(isinstance(value, str) for value in environment.values()):
        refuse(name, "environment must be a table of texts")
    if ways == ["address"]:
        if environment:
            refuse(name, "a server that already runs takes no environment")
        pid = members.get("pid")
        if pid is not None and (isinstance(pid, bool) or not isinstance(pid, int) or pid < 1):
            refuse(name, "pid must be the number of a process")
        return Configuration(name, address=endpoint(name, "address", members["address"]), pid=pid, text=f"the server at {members['address']}",
                             admin=endpoint(name, "admin", members["admin"]) if "admin" in members else None)
    for key in ("admin", "pid"):
        if key in members:
            refuse(name, f"{key} is for a server that already runs; one that is started gets {{rpc_port}}")
    words = words_of(name, ways[0], members[ways[0]])
    if ways == ["command"] and not words:
        refuse(name, "command must not be empty")
    command = [*OWN_COMMAND, *words] if ways == ["sluice"] else words
    check_placeholders(name, [*command, *environment.values()])
    shown = shlex.join((["sluice serve"] if ways == ["sluice"] else []) + words).replace("'sluice serve'", "sluice serve")
    return Configuration(name, command, environment, text="`" + " ".join([*(f"{k}={v}" for k, v in environment.items()), shown]).strip() + "`")


def parse(text):
    """A configuration as the command line names it: FILE.toml, NAME=COMMAND, NAME=sluice OPTIONS or NAME=@HOST:PORT."""
    if text.endswith(".toml") and "=" not in text:
        try:
            members = tomllib.loads(Path(text).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as failure:
            refuse(text, f"cannot be read: {failure}")
        except tomllib.TOMLDecodeError as failure:
            refuse(text, str(failure))
        return from_members(members, Path(text).stem)
    name, equals, rest = text.partition("=")
    if not equals:
        refuse(text, "must be FILE.toml, NAME=COMMAND, NAME=sluice OPTIONS or NAME=@HOST:PORT")
    if rest.startswith("@"):
        return from_members({"name": name, "address": rest[1:]}, name)
    words = words_of(name, "command", rest)
    if words[:1] == ["sluice"]:
        return from_members({"name": name, "sluice": words[1:]}, name)
    return from_members({"name": name, "command": words}, name)


def parse_all(texts):
    found = [parse(text) for text in texts]
    for at, one in enumerate(found):
        if one.name in [other.name for other in found[:at]]:
            refuse(one.name, "the name is given twice")
    return found
