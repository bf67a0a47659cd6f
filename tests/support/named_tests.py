"""Tests that are the functions of one file: each is marked with @test, run by its name, told in one line."""
import shutil, sys, time

tests = []


def test(function):
    tests.append(function)
    return function


def run_tests(work, names):
    """Runs the tests whose names hold one of `names`, or all; removes the directory `work`; exits as the tests went."""
    passed = failed = 0
    try:
        for function in tests:
            if names and not any(name in function.__name__ for name in names):
                continue
            begin = time.monotonic()
            try:
                function()
                passed += 1
                print(f"ok      {function.__name__} ({time.monotonic() - begin:.1f} s)", flush=True)
            except Exception as problem:
                failed += 1
                print(f"FAILED  {function.__name__}: {type(problem).__name__}: {problem}", flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
