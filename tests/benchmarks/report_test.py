"""The numbers that benchmarks print."""

import subprocess
import sys

import pytest

from benchmarks import report

PEAK = "from benchmarks import report; print(report.peak_rss_mb())"


def test_memory_is_that_of_the_process_and_not_of_its_parent():
  held = bytearray(b"x" * (300 << 20))
  child = float(
    subprocess.check_output([sys.executable, "-c", PEAK], text=True)
  )
  assert child < 200 < len(held) >> 20 < report.peak_rss_mb()


def test_ratios_are_medians_over_rounds():
  assert report.median_ratio([2.0, 3.0, 40.0], [1.0, 2.0, 4.0]) == 2.0
  with pytest.raises(ValueError, match="zip"):
    report.median_ratio([1.0], [1.0, 2.0])
