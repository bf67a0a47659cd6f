#!/usr/bin/env python3
"""Runs the real program as an operator would: exit statuses, messages, signals, users, limits, memory.

usage: program_test.py SLUICE [NAME...]

With names only the tests whose names hold one of them. Closes with `N passed, M failed`.
"""
import json, os, pty, re, resource, select, shutil, signal, socket, ssl, subprocess, sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Failed, check
from live_server import free_port
from named_tests import run_tests, test

SLUICE = os.path.abspath(sys.argv[1])
CHAIN = ["--coin", "Radiant", "--net", "regtest"]
MIB = 1 << 20
NOBODY = 65534
WORK = Path(tempfile.mkdtemp(prefix="sluice-interop-"))
WORK.chmod(0o755)  # another user must get in


def memory_test(function):
    """A test of resident memory: a sanitizer's shadow and quarantine are many times the program's own."""
    if os.environ.get("SLUICE_SANITIZED") == "1":
        print(f"        {function.__name__} is not applicable under sanitizers")
        return function
    return test(function)


def run(*arguments, timeout=120, **options):
    return subprocess.run([SLUICE, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **options)


def expect(result, status, *words):
    """The exit status, and one line of standard error that says it and holds all words."""
    check(result.returncode == status, f"exit status {result.returncode}, not {status}: {result.stderr[-600:]}")
    lines = [line for line in result.stderr.splitlines() if line.startswith("sluice")]
    if words:
        check(len(lines) == 1, f"one line wanted: {result.stderr[-600:]}")
        for word in words:
            check(word in lines[0], f"{word!r} is not in: {lines[0]}")
    return result


def devnet(name, blocks, txs, seed=1, *more):
    directory = WORK / name
    if not directory.exists():
        expect(run("devnet", "--dir", directory, *CHAIN, "--blocks", blocks, "--txs-per-block", txs, "--seed", seed, *more), 0)
    return directory


def small():
    return devnet("small", 60, 20)


def big():
    return devnet("big", 330, 400)  # about 60 MB


def sync_arguments(db, blocks, *more):
    return ["sync", *CHAIN, "--db-dir", WORK / db, "--blocks-dir", blocks, *more]


def digest(db, blocks):
    """The index digest, by `verify`; the index must be whole."""
    result = run("verify", *CHAIN, "--db-dir", WORK / db, "--blocks-dir", blocks)
    check(result.returncode == 0, f"verify: {result.stdout[-600:]}{result.stderr[-600:]}")
    return re.search(r"^index digest: ([0-9a-f]{16,})$", result.stdout, re.M).group(1)


class Server:
    """`sluice serve` until the end of a with block; port 0 is the system's choice."""

    def __init__(self, db, blocks, port=0, protocols=("tcp",), more=(), limit=None, env=None):
        services = [f"{protocol}://127.0.0.1:{port or free_port()}" for protocol in protocols]
        self.protocols, self.limit, self.env, self.log = protocols, limit, env, []
        self.arguments = ["serve", "--offline", *CHAIN, "--db-dir", WORK / db, "--blocks-dir", blocks,
                          "--services", ",".join(services), *more]

    def __enter__(self):
        self.process = subprocess.Popen([SLUICE, *map(str, self.arguments)], stderr=subprocess.PIPE, text=True,
                                        preexec_fn=self.limit, env=self.env)
        self.ports = {}
        while len(self.ports) < len(self.protocols):
            found = self.wait_for(r"listening on (\w+)://\S+:(\d+)")
            self.ports[found.group(1)] = int(found.group(2))
        self.port = self.ports[self.protocols[0]]
        return self

    def wait_for(self, pattern):
        """The next line of the log that matches."""
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(pattern, line)
            if found:
                return found
        raise Failed(f"serve ended without saying {pattern}: {''.join(self.log)[-600:]}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def served(name="served"):
    if not (WORK / name).exists():
        expect(run(*sync_arguments(name, small())), 0)
    return name


# --- the command line ---------------------------------------------------------------------------


@test
def help_of_every_command():
    text = expect(run("--help"), 0).stdout
    for command in ("sync", "serve", "verify", "call", "devnet", "tune"):
        check(command in text, f"--help does not name {command}")
        own = expect(run(command, "--help"), 0).stdout
        check(len(own.splitlines()) > 5 and "--" in own, f"{command} --help says too little: {own}")
    check(re.search(r"\d+\.\d+", expect(run("--version"), 0).stdout), "no version")


@test
def print_config_names_values_and_their_sources():
    environment = dict(os.environ, DB_DIRECTORY=str(WORK / "from-environment"), COIN="Radiant", NET="regtest")
    result = expect(run("sync", "--blocks-dir", WORK, "--memory-budget", "300MiB", "--print-config", env=environment), 0)
    check("from-environment" in result.stdout and "DB_DIRECTORY" in result.stdout, f"no environment value: {result.stdout[:600]}")
    line = next(line for line in result.stdout.splitlines() if "memory" in line and "budget" in line)
    check("300" in line or str(300 * MIB) in line, f"the budget is not shown: {line}")
    check(not (WORK / "from-environment").exists(), "--print-config did something")


@test
def rocksdb_settings_of_the_environment_reach_the_store():
    wanted = {"max_open_files": "77", "use_fsync": "true", "max_background_jobs": "5", "write_buffer_size": "131072",
              "max_write_buffer_number": "5", "min_write_buffer_number_to_merge": "2", "target_file_size_base": "1048576",
              "compression": "kZSTD", "block_size": "8192", "level_compaction_dynamic_level_bytes": "false"}
    environment = {"ROCKSDB_MAX_OPEN_FILES": "5", "ROCKSDB_MAX_OPEN_FILES_SYNC": "77", "ELECTRUMX_ENV": "prod",
                   "ROCKSDB_MAX_BACKGROUND_COMPACTIONS": "2", "ROCKSDB_MAX_BACKGROUND_FLUSHES": "3",
                   "ROCKSDB_WRITE_BUFFER_SIZE": "131072", "ROCKSDB_MAX_WRITE_BUFFER_NUMBER": "5",
                   "ROCKSDB_MIN_WRITE_BUFFER_NUMBER_TO_MERGE": "2", "ROCKSDB_TARGET_FILE_SIZE_BASE": "1048576",
                   "ROCKSDB_COMPRESSION": "zstd", "ROCKSDB_BLOCK_SIZE": "8192", "ROCKSDB_BLOOM_BITS_PER_KEY": "11",
                   "ROCKSDB_LEVEL_COMPACTION_DYNAMIC_LEVEL_BYTES": "0"}
    db = WORK / "rocksdb-settings"
    expect(run(*sync_arguments(db, small()), env={**os.environ, **environment}), 0)
    text = max((db / "rocks").glob("OPTIONS-*")).read_text()
    for name, value in wanted.items():
        found = set(re.findall(rf"^\s*{name}=(.*)$", text, re.M))
        check(value in found, f"{name} is {found}, not {value}")
    check("bloom" in " ".join(re.findall(r"^\s*filter_policy=(.*)$", text, re.M)), "no filters")


@test
def refused_settings_exit_with_two():
    expect(run("sync", "--no-such-flag"), 2, "no-such-flag")
    expect(run("nonsense"), 2)
    expect(run("sync", "--coin", "Doge", "--net", "regtest", "--db-dir", WORK / "x", "--blocks-dir", WORK), 2, "Doge")
    expect(run(*sync_arguments("x", WORK, "--memory-budget", "lots")), 2, "memory", "lots")
    expect(run(*sync_arguments("x", WORK, "--threads", "-3")), 2, "threads", "-3")
    expect(run(*sync_arguments("x", small()), env=dict(os.environ, SLUICE_SHA="abacus")), 2, "SLUICE_SHA", "abacus")
    expect(run(*sync_arguments("x", small()), env=dict(os.environ, SLUICE_IO="pigeons")), 2, "SLUICE_IO", "pigeons")


@test
def check_config_finds_problems_and_touches_nothing():
    new = WORK / "not-yet"
    live = ["serve", *CHAIN, "--db-dir", new, "--daemon-url", "http://u:secret@127.0.0.1:1", "--services", "tcp://127.0.0.1:1", "--allow-root"]
    result = expect(run(*live, "--check-config"), 0)
    check(result.stdout.startswith("0 problems found\n\n# effective configuration of sluice serve\n"), result.stdout[:600])
    check("daemon-url" in result.stdout and "secret" not in result.stdout, result.stdout[:600])
    check(not new.exists(), "it made the directory of the index")
    certificate, _ = make_certificate("checked")
    _, other_key = make_certificate("checked-other")
    result = run(*live, "--check-config", "--db-dir", WORK / "no" / "such", "--blocks-dir", WORK / "nowhere", "--services", "ssl://127.0.0.1:1",
                 "--ssl-certfile", certificate, "--ssl-keyfile", other_key, "--banner-file", WORK / "no-banner")
    problems = result.stdout.split("\n\n")[0].splitlines()
    for line, *words in zip(problems, ("problem", f"{WORK}/no"), ("problem", "nowhere"), ("problem", "checked-other.key"), ("warning", "no-banner"), ("3 problems",)):
        check(all(word in line for word in words[0]), f"{words} is not in {line}")
    check(result.returncode == 2 and len(problems) == 5, result.stdout[:600])


@test
def check_config_looks_into_the_index():
    db = WORK / served()
    wrong = expect(run("serve", "--coin", "Bitcoin", "--net", "regtest", "--db-dir", db, "--daemon-url", "u:p@127.0.0.1", "--services", "tcp://:1",
                       "--allow-root", "--check-config"), 2).stdout
    check("problem" in wrong and "Radiant regtest" in wrong, wrong[:600])
    expect(run(*sync_arguments("served", small(), "--check-config")), 0)
    check("--memory-budget" in expect(run(*sync_arguments("served", small(), "--check-config", "--memory-budget", "64MiB", "--threads", 64)), 2).stdout, "")
    expect(run("serve", "--offline", *CHAIN, "--db-dir", WORK / "none", "--blocks-dir", small(), "--services", "tcp://:1", "--check-config"), 2)
    with Server(served(), small()):
        expect(run(*sync_arguments("served", small(), "--check-config")), 0)  # both read


# --- sync: what can be wrong --------------------------------------------------------------------


@test
def bad_input_exits_with_one_and_a_line():
    expect(run(*sync_arguments("bad", WORK / "nowhere")), 1, "nowhere", "No such file")
    expect(run(*sync_arguments("bad", small(), "--memory-budget", "64MiB", "--threads", 64)), 1, "--memory-budget 64 MiB is too small", "at least")
    blocks = WORK / "damaged"
    shutil.copytree(small(), blocks)
    path = blocks / "blk00000.dat"
    data = bytearray(path.read_bytes())
    at = len(data) // 2
    data[at] ^= 1
    path.write_bytes(data)
    expect(run(*sync_arguments("bad", blocks)), 1, "blk00000.dat")
    path.rename(blocks / "blk00001.dat")
    expect(run(*sync_arguments("bad", blocks)), 1, "blk00000.dat is gone")


@test
def a_run_that_failed_claims_no_work():
    db = served()
    missing = WORK / "no-blocks-here"
    result = expect(run(*sync_arguments(db, missing)), 1, str(missing))
    check("blocks added" not in result.stderr, result.stderr[-600:])
    check("0 blocks added" in expect(run(*sync_arguments(db, small())), 0).stderr, "a run with nothing to do says so")


@test
def an_index_of_something_else_is_a_refused_setting():
    db = served()
    result = run("sync", "--coin", "Bitcoin", "--net", "regtest", "--db-dir", WORK / db, "--blocks-dir", small())
    expect(result, 2, "Radiant regtest", "Bitcoin regtest")
    expect(run(*sync_arguments(db, small(), "--parity")), 2, "with parity")


@test
def an_ordinary_user_with_little_lockable_memory_syncs_and_a_closed_directory_is_refused():
    if os.geteuid() != 0:
        limit = lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (8 * MIB, 8 * MIB))
    else:
        def limit():
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (8 * MIB, 8 * MIB))
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    home = WORK / "user"
    home.mkdir()
    home.chmod(0o777)
    for path in [small(), *small().iterdir()]:
        path.chmod(0o755)
    program = home / "sluice"  # the build directory may be closed to others
    shutil.copy(SLUICE, program)
    arguments = [program, *sync_arguments("user/db", small())]
    result = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, preexec_fn=limit, timeout=120)
    check(result.returncode == 0, result.stderr[-600:])
    closed = WORK / "closed"
    shutil.copytree(small(), closed)
    closed.chmod(0)
    try:
        arguments = [program, *sync_arguments("user/db2", closed)]
        result = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, preexec_fn=limit, timeout=120)
        expect(result, 1, str(closed), "Permission denied")
    finally:
        closed.chmod(0o755)


@test
def tune_finds_out_the_network_and_writes_a_profile_that_sync_takes():
    profile = WORK / "tuned.toml"
    told = expect(run("tune", "--blocks-dir", small(), "--out", profile), 0)
    check("Radiant regtest" in told.stderr, told.stderr[-600:])
    expect(run(*sync_arguments("tuned", small(), "--profile", profile)), 0)
    expect(run("tune", "--blocks-dir", small(), "--out", profile, "--coin", "Bitcoin", "--net", "regtest"), 1, "genesis block of Radiant regtest")


# --- sync: signals, progress, report, memory ----------------------------------------------------


@test
def sigterm_stops_a_sync_cleanly_and_the_next_run_completes_it():
    blocks = big()
    expect(run(*sync_arguments("whole", blocks)), 0)
    stopped = 0
    wait = 0.2
    for attempt in range(20):
        process = subprocess.Popen([SLUICE, *map(str, sync_arguments("resumed", blocks, "--memory-budget", "128MiB"))],
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(wait)
        process.send_signal(signal.SIGTERM if attempt % 2 == 0 else signal.SIGINT)
        _, error = process.communicate(timeout=60)
        check(process.returncode == 0, f"exit status {process.returncode}: {error[-600:]}")
        if "stopped as asked" in error:
            stopped += 1
            if stopped == 3:
                break
        elif "index at height" in error:  # too late: once more from nothing, sooner
            shutil.rmtree(WORK / "resumed")
            wait /= 2
    check(stopped > 0, "no run was stopped on its way")
    expect(run(*sync_arguments("resumed", blocks)), 0)
    check(digest("resumed", blocks) == digest("whole", blocks), "the digests differ")


@test
def progress_is_redrawn_on_a_terminal_and_plain_lines_elsewhere():
    blocks = big()
    plain = expect(run(*sync_arguments("plain", blocks)), 0)
    check("\r" not in plain.stderr and "\x1b" not in plain.stderr, "a terminal's codes in a file")
    check("index at height" in plain.stderr, plain.stderr[-600:])
    parent, child = pty.openpty()
    environment = dict(os.environ, TERM="xterm")
    process = subprocess.Popen([SLUICE, *map(str, sync_arguments("drawn", blocks))], stderr=child, env=environment)
    os.close(child)
    seen = b""
    while True:
        try:
            data = os.read(parent, 65536) if select.select([parent], [], [], 60)[0] else b""
        except OSError:  # the other end is closed
            data = b""
        if not data:
            break
        seen += data
    os.close(parent)
    check(process.wait(timeout=60) == 0, "sync failed on a terminal")
    drawn = [line for line in re.split(rb"[\r\n]", seen) if b"height" in line and b"%" in line]
    check(b"\r" in seen and drawn, f"no progress line was drawn: {seen[-400:]!r}")
    check(any(b"MB/s" in line and b"tx/s" in line for line in drawn), f"no rates: {drawn[-1]!r}")


@test
def json_logs_are_json_and_the_levels_are_those_asked_for():
    environment = dict(os.environ, SLUICE_LOG_FORMAT="json", LOG_FORMAT="%(message)s")
    lines = [json.loads(line) for line in expect(run(*sync_arguments("json-log", small()), env=environment), 0).stderr.splitlines()]
    check(any(line["module"] == "config" and "LOG_FORMAT" in line["message"] for line in lines), f"LOG_FORMAT is not spoken of: {lines}")
    last = lines[-1]
    check(last["module"] == "sync" and last["level"] == "INFO" and last["height"] == 60 and last["blocks"] == 61, f"last line: {last}")
    quiet = expect(run(*sync_arguments("json-log", small(), "--log-levels", "sync=error,config=error"), env=environment), 0)
    check(quiet.stderr == "", quiet.stderr[-600:])
    expect(run(*sync_arguments("json-log", small(), "--log-levels", "snyc=error")), 2, "--log-levels", "snyc", "sync")
    failed = expect(run(*sync_arguments("json-log", WORK / "nowhere"), env=environment), 1).stderr.splitlines()
    check(json.loads(failed[-1])["level"] == "CRITICAL" and "nowhere" in json.loads(failed[-1])["message"], f"the last word: {failed}")


@test
def the_report_holds_every_counter():
    path = WORK / "report.json"
    expect(run(*sync_arguments("reported", small(), "--report", path)), 0)
    report = json.loads(path.read_text())
    for name in ("outcome", "coin", "net", "resolve", "sha256", "io", "threads", "memory_budget_bytes", "batch_bytes", "slots",
                 "partitions", "first_height", "blocks", "transactions", "chain_bytes", "disconnected_blocks", "stale_blocks",
                 "unlinked_blocks", "scan_s", "index_s", "merge_s", "segments", "prior_spends", "inputs", "outputs"):
        check(name in report, f"{name} is not in the report")
    check(report["outcome"] == "done" and report["blocks"] == 61, "outcome or blocks")
    check(report["parse_faults"] == 0 and report["outputs_classified"] == report["outputs"], "parse_faults or outputs_classified")
    check(0 < report["outputs_indexed"] <= report["outputs"], "outputs_indexed")
    check(report["refs"] > 0 and report["swap_offers"] > 0, f"refs {report['refs']}, offers {report['swap_offers']}")
    refused = report["swap_offers_refused"]
    check(set(refused) == {"bad_version", "bad_field_size", "bad_token", "bad_utxo_hash", "bad_index", "bad_tail", "truncated"},
          f"refused offers: {refused}")
    swaps = report["swaps"]
    check(sum(swaps["offers_by_version"].values()) == report["swap_offers"] and swaps["offers_refused"] == refused, f"swaps: {swaps}")
    changes = swaps["changes"]
    check(changes["opened"] > 0 and swaps["history"] == changes["closed"] - changes["reopened"] - changes["pruned"], f"changes: {swaps}")
    check(swaps["blocks_behind"] == swaps["blocks_caught_up"] == 0, f"swaps: {swaps}")
    stages = report["stages"]
    check(list(stages) == ["source", "parse", "classify", "order", "resolve", "write"], f"stages: {list(stages)}")
    for name, stage in stages.items():
        check({"batches", "transactions", "bytes", "busy_s", "starved_s", "blocked_s", "queue_high_water"} <= set(stage), name)
    for before, after in (("parse", "classify"), ("classify", "order"), ("order", "resolve")):
        for counter in ("batches", "transactions", "bytes"):
            check(stages[before][counter] == stages[after][counter], f"{counter} of {before} and {after}")
    check(stages["order"]["transactions"] == report["transactions"], "transactions")
    check({"history", "unspent", "txs", "headers.dat", "txids.dat"} <= set(report["index_bytes"]), str(report["index_bytes"]))
    for name in ("wall_s", "cpu_user_s", "memory_peak_bytes", "storage_written_bytes"):
        check(name in report["process"], f"{name}: {list(report['process'])}")
    # A failed run reports too.
    result = run(*sync_arguments("reported2", small(), "--report", path, "--memory-budget", "64MiB", "--threads", 64))
    check(result.returncode == 1 and "--memory-budget" in json.loads(path.read_text())["outcome"], "report of a failure")


def peak_memory(blocks, budget, *more):
    name = "memory-" + budget + "".join(more)
    path = WORK / (name + ".json")
    expect(run(*sync_arguments(name, blocks, "--memory-budget", budget, "--report", path, *more)), 0)
    shutil.rmtree(WORK / name)
    peak = json.loads(path.read_text())["process"]["memory_peak_bytes"]
    print(f"    {budget} {' '.join(more)}: peak {peak / MIB:.0f} MiB")
    return peak


@memory_test
def peak_memory_stays_within_the_budget():
    over = []
    for budget in (64, 256):
        for way in ("join", "lookup", "table"):
            peak = peak_memory(big(), f"{budget}MiB", "--resolve", way)
            if peak > budget * MIB:
                over.append(f"{way}: {peak / MIB:.0f} MiB of {budget} MiB")
    check(not over, "; ".join(over))


@memory_test
def blocks_larger_than_a_batch_stay_within_the_budget():
    peak = peak_memory(devnet("large", 30, 8000), "96MiB")  # blocks of about 3.5 MB, batches of 128 KiB
    check(peak <= 96 * MIB, f"{peak / MIB:.0f} MiB")


# --- serve and call -----------------------------------------------------------------------------


@test
def call_asks_a_server_over_tcp_and_sigterm_ends_it():
    with Server(served(), small()) as server:
        address = f"127.0.0.1:{server.port}"
        check("1.4" in expect(run("call", address, "server.version", '"test"', '"1.4"'), 0).stdout, "server.version")
        check("60" in expect(run("call", f"tcp://{address}", "blockchain.headers.subscribe"), 0).stdout, "the tip's height")
        refused = run("call", address, "no.such.method")
        check(refused.returncode == 1 and "unknown method" in (refused.stdout + refused.stderr), refused.stdout + refused.stderr)
        server.process.send_signal(signal.SIGTERM)
        check(server.process.wait(timeout=20) == 0, "serve did not end with 0")
    check(run("call", address, "server.ping").returncode == 1, "a call to nobody succeeded")


@test
def two_servers_cannot_share_a_port():
    with Server(served(), small()) as first:
        second = Server(served(), small(), first.port)
        result = run(*second.arguments, timeout=20)
        check(result.returncode in (1, 2), f"exit status {result.returncode}")
        check(str(first.port) in result.stderr and "in use" in result.stderr, result.stderr[-400:])


@test
def serve_refuses_what_it_cannot_serve():
    expect(run(*Server("nothing-here", small()).arguments), 1, "nothing-here")
    arguments = Server(served(), small()).arguments
    expect(run(*[argument for argument in arguments if argument != "--offline"]), 2, "--offline")
    expect(run(*arguments, "--parity"), 2, "Radiant regtest")


def make_certificate(name):
    """A certificate that signs itself: the paths of its file and its key's."""
    certificate, key = WORK / f"{name}.crt", WORK / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def name_of_certificate(port):
    pem = ssl.get_server_certificate(("127.0.0.1", port))
    shown = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=pem, capture_output=True, text=True, check=True)
    return shown.stdout.strip().split("=")[-1].strip()


@test
def every_transport_answers_and_a_new_certificate_is_taken():
    certificate, key = make_certificate("first")
    protocols = ("tcp", "ssl", "ws", "wss")
    more = ("--ssl-certfile", certificate, "--ssl-keyfile", key)
    with Server(served(), small(), protocols=protocols, more=more) as server:
        for protocol in protocols:
            address = f"{protocol}://127.0.0.1:{server.ports[protocol]}"
            check("1.4" in expect(run("call", address, "server.version", '"test"', '"1.4"'), 0).stdout, protocol)
        check(name_of_certificate(server.ports["wss"]) == "first", "not the certificate")
        second, second_key = make_certificate("second")
        second.replace(certificate)
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("first.key: .*the certificate in use stays")
        check(name_of_certificate(server.ports["ssl"]) == "first", "half a pair was taken")
        second_key.replace(key)
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("the certificate was reloaded")
        check(name_of_certificate(server.ports["ssl"]) == "second", "the certificate was not replaced")
        certificate, _ = make_certificate("first")  # without a signal: the files are looked at
        server.wait_for("the certificate was reloaded")
        check(name_of_certificate(server.ports["ssl"]) == "first", "the change was not seen")
        server.process.send_signal(signal.SIGTERM)
        check(server.process.wait(timeout=20) == 0, "serve did not end with 0")


@test
def systemd_is_told():
    path = str(WORK / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(60)
        told = []

        def wait_for(*wanted):
            """Until everything wanted was told, in any order."""
            missing = set(wanted)
            while missing:
                told.append(manager.recv(4096).decode())
                missing -= {line for line in missing if any(heard.startswith(line) for heard in told[-1].split("\n"))}

        environment = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="100000")
        with Server(served(), small(), env=environment) as server:
            wait_for("READY=1", "STATUS=serving, height 60", "WATCHDOG=1")
            wait_for("WATCHDOG=1")
            check("EXTEND_TIMEOUT_USEC" not in told[-1], f"ready, and more time is asked for: {told[-1]}")
            server.process.send_signal(signal.SIGHUP)
            wait_for("RELOADING=1")
            check("MONOTONIC_USEC=" in told[-1], told[-1])
            wait_for("READY=1")
            server.process.send_signal(signal.SIGTERM)
            wait_for("STOPPING=1")
            check(server.process.wait(timeout=60) == 0, "serve did not end with 0")
        with Server(served(), small(), env=dict(os.environ, NOTIFY_SOCKET=path + "-gone")) as server:
            server.process.send_signal(signal.SIGTERM)
            check(server.process.wait(timeout=60) == 0, "a manager that is not there is no error")


@test
def a_bad_certificate_is_a_refused_setting():
    certificate, _ = make_certificate("whose")
    _, other_key = make_certificate("other")
    more = ("--ssl-certfile", certificate, "--ssl-keyfile", other_key)
    expect(run(*Server(served(), small(), protocols=("wss",), more=more).arguments), 2, "other.key")


@test
def a_listed_proxy_names_the_client_and_must():
    with Server(served(), small(), more=("--proxy-protocol", "127.0.0.0/8")) as server:
        def ask(*lines):
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
                client.sendall("".join(lines).encode())
                return client.makefile().readline()
        ping = '{"id":1,"method":"server.ping"}\n'
        check('"id":1' in ask("PROXY TCP4 192.0.2.1 192.0.2.9 5000 443\r\n", ping), "no answer behind a header")
        check(ask(ping) == "", "answered without a header")


@test
def one_address_cannot_take_all_sessions():
    more = ("--max-sessions-per-ip", "2", "--trusted-proxies", "10.0.0.0/8")
    ping = b'{"id":1,"method":"server.ping"}\n'
    with Server(served(), small(), more=more) as server:
        clients = []
        for expected in (True, True, False):
            clients.append(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            try:
                clients[-1].sendall(ping)
                answered = b'"id":1' in clients[-1].recv(1000)
            except ConnectionError:
                answered = False
            check(answered == expected, f"session {len(clients)} was {'' if answered else 'not '}answered")
        for client in clients:
            client.close()


@test
def the_limit_of_open_files_is_raised_or_the_sessions_are_fewer():
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 1000))
    with Server(served(), small(), limit=limit, more=("--max-sessions", "600")) as server:
        check(any("limit raised from 200 to 950 for 600 sessions" in line for line in server.log), "not raised")
    with Server(served(), small(), limit=limit, more=("--max-sessions", "5000")) as server:
        check(any("5000 lowered to 650" in line for line in server.log), "not lowered")
        check(any("limit raised from 200 to 1000" in line for line in server.log), "not raised as far as it goes")


@test
def an_index_that_is_served_is_not_written_to():
    expect(run(*sync_arguments("shared", small(), "--stop-height", 40)), 0)
    with Server("shared", small()) as server:
        address = f"127.0.0.1:{server.port}"
        ask = lambda: expect(run("call", address, "blockchain.block.header", "40"), 0).stdout
        before = ask()
        expect(run(*sync_arguments("shared", small())), 2, str(WORK / "shared"), "another sluice is using this directory", "--db-dir")
        digest("shared", small())  # others may read meanwhile
        check(ask() == before, "the server was harmed")
        check(server.process.poll() is None, "the server ended")
    expect(run(*sync_arguments("shared", small())), 0)  # the server was killed: its lock ends with it
    check(digest("shared", small()) == digest(served(), small()), "not the index of an undisturbed sync")


@test
def an_index_that_may_only_be_read_is_read():
    db = WORK / served("only-read")
    before = sorted(path.name for path in db.rglob("*"))
    program = WORK / "reader-sluice"
    shutil.copy(SLUICE, program)
    for path in [small(), *small().iterdir(), db, *db.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    user = {} if os.geteuid() != 0 else {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        arguments = ["verify", *CHAIN, "--db-dir", db, "--blocks-dir", small()]
        result = subprocess.run(list(map(str, [program, *arguments])), capture_output=True, text=True, timeout=120, **user)
        check(result.returncode == 0, result.stdout[-600:] + result.stderr[-600:])
        check(sorted(path.name for path in db.rglob("*")) == before, "reading made a file")
    finally:
        for path in [small(), *small().iterdir(), db, *db.rglob("*")]:
            path.chmod(0o755)


run_tests(WORK, sys.argv[2:])
