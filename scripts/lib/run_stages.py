"""The stages of scripts/test (see there for the modes)."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from stage import Run, StageFailed
from tally import Tally, count_log

ROOT = Path(__file__).resolve().parents[2]
LOG_DIR = ROOT / "build" / "logs"
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
CORES = os.cpu_count() or 1
SUITES = ("unit", "property", "golden", "model", "crash", "interop")
NO_WERROR = "-Dwerror=false"  # warnings are judged in the release build; other compilers warn differently
# Line tables are all that a sanitizer's stack needs; whole debug information costs a quarter of the build.
SANITIZER_BUILD = ("-Doptimization=1", "-Ddebug=false", "-Dcpp_args=-D_GLIBCXX_ASSERTIONS -g1", "-Db_lundef=false",
                   "-Dbenchmarks=false", "--unity=on", "-Dunity_size=8", NO_WERROR)
# What these run of src is run by others too: golden_live_rpc and the client libraries; whether a missing sync would be
# noticed is a question to the test's own disk, not to src.
NOT_UNDER_ASAN = ("bcoin", "bcash", "electrum_wallet")
NOT_UNDER_ASAN_CASES = "-*RemovedSyncTest*"
# With parity the same chain is asked for every script, too; where every look-up meets many rows one of the two will do.
NOT_COLLIDING = ("golden_derived_plain",)
ASAN_SCALE = 0.25  # the release build has run every seed; here each kind of chain and instant is seen a few times
MINUTE = 60


class Stages:
    def __init__(self, run, scale, fuzz_seconds):
        self.run = run
        self.scale = scale
        self.fuzz_seconds = fuzz_seconds

    # --- building -------------------------------------------------------------------------------

    def configure(self, name, *options, env=None):
        """Configures build directory `name`; a stale one that meson refuses is made anew."""
        build = ROOT / name
        if (build / "build.ninja").exists():
            # always regenerated: what meson tells about targets must be of this tree, not of an older one
            if self.run.command("meson", "setup", "--reconfigure", build, ROOT, *options, env=env, check=False) == 0:
                return build
        clear(build)
        self.run.command("meson", "setup", build, ROOT, *options, env=env)
        return build

    def build(self, name, *options, targets=None, env=None):
        build = self.configure(name, *options, env=env)
        # tests and benchmarks may need files that a plain build does not make
        wanted = targets(build) if targets else ["all", "meson-test-prereq", "meson-benchmark-prereq"]
        if targets and not wanted:
            return build
        self.run.command("ninja", "-C", build, "-j", CORES, "-k", "0", *wanted, env=env)
        return build

    def build_release(self):
        self.build("build", "--buildtype=release", "-Dtests=true", "-Dbenchmarks=true")

    # --- meson suites ---------------------------------------------------------------------------

    def suite(self, name, build="build", scale=None, wrapper=(), env=None, timeout_multiplier=1, required=False, without=()):
        """Runs `meson test --suite name`, counts its cases from meson's log. A required suite has tests, or fails."""
        log_base = f"suite-{name}"
        log_path = ROOT / build / "meson-logs" / f"{log_base}.json"
        log_path.unlink(missing_ok=True)
        for left_over in (ROOT / build).glob("*.xml"):  # a dead test must not be judged by an old report
            left_over.unlink()
        tests = [test for test in meson_tests(ROOT / build, name) if test["name"] not in without]
        if not tests and required:
            raise StageFailed(f"no test is in suite {name}")
        if not tests:
            self.run.note(f"suite {name} has no tests yet")
            return Tally()
        unbuilt = Tally()
        there = []
        for test in tests:  # meson would refuse the whole suite for one program that did not build
            if Path(test["cmd"][0]).exists():
                there.append(test["name"])
            else:
                unbuilt.fail(f"{test['name']}: its program was not built")
        if not there:
            return unbuilt
        status = self.run.command(*wrapper, "meson", "test", "-C", ROOT / build, "--no-rebuild", "--suite", name,
                                  "--logbase", log_base, "--timeout-multiplier", timeout_multiplier,
                                  "--num-processes", CORES, "--print-errorlogs",
                                  *there,
                                  env={**scale_variables(scale or self.scale), **(env or {})}, check=False)
        tally = count_log(log_path)
        if status != 0 and tally.failed == 0:
            tally.fail(f"meson test: exit status {status}")
        tally.add(unbuilt)
        return tally

    # --- further builds -------------------------------------------------------------------------

    def asan(self):
        self.build("build-asan", "-Db_sanitize=address,undefined", *SANITIZER_BUILD)
        env = {"ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0",
               "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "GTEST_FILTER": NOT_UNDER_ASAN_CASES}
        total = Tally()
        for name in SUITES:
            total.add(self.suite(name, build="build-asan", scale=ASAN_SCALE, env=env, timeout_multiplier=4,
                                 without=NOT_UNDER_ASAN))
        return total

    def tsan(self):
        self.build("build-tsan", "-Db_sanitize=thread", *SANITIZER_BUILD,
                   targets=lambda build: test_programs(build, "tsan"))
        suppressions = ROOT / "tests" / "support" / "tsan.supp"
        env = {"TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:suppressions={suppressions}"}
        wrapper = ("setarch", "-R") if can_fix_addresses() else ()  # the runtime needs the classic memory layout
        return self.suite("tsan", build="build-tsan", scale=1, env=env, wrapper=wrapper, timeout_multiplier=8,
                          required=True)

    def collide(self):
        """Prefixes of 8 bits collide all the time: answers must still never mix two scripts. One file is compiled anew."""
        suites = ("golden", "model")
        self.build("build-collide", "--buildtype=release", "-Dprefix_bits=8", "-Dbenchmarks=false",
                   targets=lambda build: [path for name in suites for path in test_programs(build, name)])
        total = Tally()
        for name in suites:
            total.add(self.suite(name, build="build-collide", scale=1, required=True, without=NOT_COLLIDING))
        return total

    def aarch64(self):
        self.build("build-aarch64", "--cross-file", ROOT / "scripts" / "aarch64.ini", "-Dpure_only=true",
                   "-Dtests=false", "-Dbenchmarks=false", targets=lambda build: ["all"])
        return Tally(passed=1)

    def fuzz(self):
        if not shutil.which("clang++-16"):
            raise StageFailed("clang++-16 is not installed (scripts/setup --ci)")
        compiler = "ccache clang++-16" if shutil.which("ccache") else "clang++-16"
        build = self.build("build-fuzz", "--buildtype=debugoptimized", "-Dfuzz=true", "-Dtests=false",
                           "-Dbenchmarks=false", "-Db_sanitize=address,undefined", "-Db_lundef=false", NO_WERROR,
                           "-Dcpp_args=-fsanitize=fuzzer-no-link", "--unity=on", "-Dunity_size=8", targets=fuzz_programs, env={"CXX": compiler})
        programs = fuzz_programs(build)
        if not programs:
            raise StageFailed("no fuzz target was built")
        tally = Tally()
        for begin in range(0, len(programs), CORES):
            self.fuzz_some(build, programs[begin:begin + CORES], tally)
        return tally

    def fuzz_some(self, build, programs, tally):
        """Runs some targets side by side. New inputs go to the build directory, never into the tree."""
        script = ROOT / "scripts" / "lib" / "fuzz_one"
        jobs = []
        for program in programs:
            name = Path(program).name
            corpus = next((path for path in (CORPUS / name, CORPUS / name.removesuffix("_fuzz")) if path.is_dir()), None)
            if corpus is None:
                tally.fail(f"{name}: no kept corpus tests/fuzz/corpus/{name}")
                continue
            log = open(self.run.log_dir / f"fuzz-{name}.log", "w", encoding="utf-8")
            jobs.append((name, log, subprocess.Popen(
                [script, build / program, corpus, build / "found" / name, str(self.fuzz_seconds)], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)))
        for name, log, process in jobs:
            status = process.wait()
            log.close()
            self.run.log.write(f"{name}: exit status {status}\n")
            if status == 0:
                tally.passed += 1
                continue
            with open(log.name, encoding="utf-8", errors="replace") as text:
                self.run.log.write("".join(text.readlines()[-30:]))
            tally.fail(f"{name}: exit status {status}, see fuzz-{name}.log")

    # --- benchmarks -----------------------------------------------------------------------------

    def bench_smoke(self):
        """Every micro benchmark once, very short: it checks its answer first, then runs."""
        programs = [path for path in executables(ROOT / "build") if Path(path).name.endswith("_bench")]
        fixtures = [target["filename"][0] for target in introspect(ROOT / "build", "targets")
                    if target["name"] == "unpacked_fixtures"]
        env = {"SLUICE_UNPACKED_FIXTURES": os.path.dirname(fixtures[0])} if fixtures else {}
        tally = Tally()
        for program in programs:
            status = self.run.command(ROOT / "build" / program, "--benchmark_min_time=0.001", env=env, check=False)
            if status == 0:
                tally.passed += 1
            else:
                tally.fail(f"{Path(program).name}: exit status {status}")
        if not programs:
            self.run.note("no benchmarks yet")
        return tally

    def bench_gate(self, *options):
        self.run.command(sys.executable, ROOT / "scripts" / "bench_gate", "--tiny", *options)
        return Tally(passed=1)


def scale_variables(scale):
    """Environment for a multiple of the usual number of seeds: our own tests' and RapidCheck's."""
    return {"SLUICE_TEST_SCALE": str(scale), "RC_PARAMS": f"max_success={max(1, round(100 * scale))}"}


# --- what meson knows ----------------------------------------------------------------------------

def introspect(build, what):
    answer = subprocess.run(["meson", "introspect", str(build), f"--{what}"], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise StageFailed(f"meson introspect --{what} failed: is {Path(build).name} configured?")
    return json.loads(answer.stdout)


def meson_tests(build, suite):
    return [test for test in introspect(build, "tests")
            if any(name.split(":")[-1] == suite for name in test["suite"])]


def test_programs(build, suite):
    """Build targets that the tests of a suite need, as ninja knows them."""
    targets = {target["id"]: target for target in introspect(build, "targets")}
    files = {name for target in targets.values() for name in target["filename"]}
    wanted = set()
    for test in meson_tests(build, suite):
        for ident in test["depends"]:
            if ident in targets:
                wanted.update(targets[ident]["filename"])
        wanted.update(word for word in test["cmd"] if word in files)
    return sorted(os.path.relpath(path, build) for path in wanted)


def executables(build):
    return sorted(os.path.relpath(target["filename"][0], build) for target in introspect(build, "targets")
                  if target["type"] == "executable")


def fuzz_programs(build):
    return [path for path in executables(build) if path.startswith("tests/fuzz/") and path.endswith("_fuzz")]


def clear(build):
    """Empties a build directory; the logs of this run stay."""
    for child in build.iterdir() if build.exists() else ():
        if child == LOG_DIR:
            continue
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()


def can_fix_addresses():
    return bool(shutil.which("setarch")) and subprocess.run(["setarch", "-R", "true"], check=False,
                                                            capture_output=True).returncode == 0


# --- the modes -----------------------------------------------------------------------------------

def run_common(run, stages):
    run.stage("build", stages.build_release, 14 * MINUTE)
    for name in ("style", "compile_fail") + SUITES:
        limit = 15 * MINUTE if run.limit_seconds else 24 * 60 * MINUTE
        run.stage(name, lambda name=name: stages.suite(name, timeout_multiplier=max(1, round(stages.scale))), limit)
    run.stage("bench_smoke", stages.bench_smoke, 5 * MINUTE)


def run_ci(run, stages):
    run.stage("aarch64", stages.aarch64, 5 * MINUTE)
    run.stage("collide", stages.collide, 12 * MINUTE)
    run.stage("tsan", stages.tsan, 12 * MINUTE)
    run.stage("bench_gate", stages.bench_gate, 12 * MINUTE)
    run.stage("bench_gate_planted", lambda: stages.bench_gate("--plant", "20"), 9 * MINUTE)
    run.stage("fuzz", stages.fuzz, 12 * MINUTE)
    run.stage("asan", stages.asan, 30 * MINUTE)


def run_long(run, stages):
    stages.fuzz_seconds = 30 * MINUTE
    run.stage("fuzz", stages.fuzz, 24 * 60 * MINUTE)
    run.stage("asan", stages.asan, 24 * 60 * MINUTE)


def main():
    parser = argparse.ArgumentParser(prog="scripts/test")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--ci", action="store_true", help="everything the gate runs")
    mode.add_argument("--long", action="store_true", help="the campaigns")
    parser.add_argument("--only", metavar="REGEX", help="only the stages whose name matches")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))  # what was started is ended too
    scale = 100 if options.long else 4 if options.ci else 1
    scale = float(os.environ.get("SLUICE_TEST_SCALE") or scale)
    limit = None if options.long else 60 * MINUTE if options.ci else 20 * MINUTE  # what scripts/test promises
    os.environ.setdefault("CCACHE_BASEDIR", str(ROOT.parent))
    os.environ.setdefault("CCACHE_NOHASHDIR", "1")
    run = Run(ROOT, LOG_DIR, options.only, limit)
    stages = Stages(run, scale, fuzz_seconds=10)
    run_common(run, stages)
    if options.ci:
        run_ci(run, stages)
    if options.long:
        run_long(run, stages)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
