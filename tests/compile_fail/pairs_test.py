"""Shows that the bench gate's statistics see a real slowdown through noise and call no noise one."""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "lib"))
from pairs import Series, geometric_mean, median, median_lower_bound  # noqa: E402  (the path comes first)

LIMIT = 0.10
ROUNDS = 400


def regressions(slowdown, noise, pairs, seed):
    """How many of ROUNDS noisy series with a true slowdown are called regressions. One pair in ten is disturbed."""
    generator = random.Random(seed)
    called = 0
    for _ in range(ROUNDS):
        ratios = [slowdown * generator.lognormvariate(0, noise) * (generator.choice((0.6, 1.6)) if generator.random() < 0.1 else 1)
                  for _ in range(pairs)]
        called += Series("x", ratios).is_regression(LIMIT)
    return called


CHECKS = [
    ("median of odd", lambda: median([3, 1, 2]) == 2),
    ("median of even", lambda: median([4, 1, 2, 3]) == 2.5),
    ("geometric mean", lambda: abs(geometric_mean([0.5, 2.0]) - 1) < 1e-12),
    ("lower bound below median", lambda: median_lower_bound(range(35)) < 17),
    ("lower bound of few is the least", lambda: median_lower_bound([1.3, 1.1, 1.2]) == 1.1),
    ("settled within 2 %", lambda: Series("x", [1.019, 0.99, 1.03]).is_settled()),
    ("not settled", lambda: not Series("x", [1.021, 0.99, 1.03]).is_settled()),
    ("a slowdown of 20 % is caught", lambda: regressions(1.2, 0.05, 35, 1) == ROUNDS),
    ("also when noisy", lambda: regressions(1.2, 0.10, 35, 2) >= 0.97 * ROUNDS),
    ("no slowdown, no alarm", lambda: regressions(1.0, 0.10, 35, 3) == 0),
    ("nor for 3 %", lambda: regressions(1.03, 0.05, 35, 4) == 0),
    ("one slow pair of five is no alarm", lambda: not Series("x", [1.5, 1.0, 1.01, 0.99, 1.0]).is_regression(LIMIT)),
    ("no pairs, no alarm", lambda: not Series("x").is_regression(LIMIT)),
]


def main():
    failed = 0
    for name, holds in CHECKS:
        if not holds():
            failed += 1
            print(f"not so: {name}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
