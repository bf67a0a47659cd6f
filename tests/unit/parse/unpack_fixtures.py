"""Unpacks the recorded blocks for the tests and benchmarks.

usage: unpack_fixtures.py FIXTURES_DIR OUT_BTC OUT_BCH OUT_REGTEST

A missing fixture gives an empty file and a line on stderr, so that the build goes on and the test
that needs it fails by name.
"""
import bz2
import gzip
import pathlib
import sys

sources = [
    ("real-blocks/btc-413567.raw.bz2", bz2.decompress),
    ("real-blocks/bch-833705.raw.bz2", bz2.decompress),
    ("radiant-regtest-small/blk00000.dat.gz", gzip.decompress),
]


def main() -> int:
    fixtures = pathlib.Path(sys.argv[1])
    for (name, unpack), target in zip(sources, sys.argv[2:], strict=True):
        source = fixtures / name
        content = b""
        if source.is_file():
            content = unpack(source.read_bytes())
        else:
            print(f"fixture missing: {name} (looked below {fixtures})", file=sys.stderr)
        pathlib.Path(target).write_bytes(content)
    return 0


sys.exit(main())
