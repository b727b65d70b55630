"""Fuzzes one parser by coverage: ``python tests/fuzz.py NAME --seconds 60``, in an environment with atheris; ``make fuzz``: all.

A UserError is an answer; anything else, a wait of 20 s or 2 GB of memory is a finding, kept as ``crash-…`` (or ``timeout-…``,
``oom-…``) in the current folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile

import atheris

WATCHED = ["data", "index.passages", "app.settings", "pypdf"]

with atheris.instrument_imports(include=WATCHED):
    from parsers import PARSERS, parse


def main() -> None:
    """What libFuzzer prints ends with the number of executions."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("name", choices=PARSERS)
    reader.add_argument("--seconds", type=int, default=60)
    options = reader.parse_args()
    limits = [f"-max_total_time={options.seconds}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=4096"]
    with tempfile.TemporaryDirectory() as corpus:
        atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", corpus], lambda raw: parse(options.name, raw))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
