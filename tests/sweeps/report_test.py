"""The report in a real browser, without a network."""

import pathlib
import re
import shutil
import subprocess

import pytest

from hub_estimator.sweeps import leaderboard, report
from tests.sweeps import small

pytestmark = pytest.mark.newest

_BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def page(tmp_path_factory, dense, batch_norm, numbers_npz) -> pathlib.Path:
  root = tmp_path_factory.mktemp("reported")
  file = small.write_config(
    root / "sweep.gin",
    dense,
    numbers_npz,
    "OPTIMIZER = @optimizers.sgd()\n"
    f"sweep.space = {{'HANDLE': [{dense!r}, {batch_norm!r}],"
    " 'optimizers.sgd.learning_rate': [0.5, 0.01, 1e38]}\n",
  )
  at, sweep, study = small.run_here(file, root / "sweep <1>")
  rows = leaderboard.make_rows(study, sweep)
  report.write(study, rows, sweep, at.path / "report.html")
  return at.path / "report.html"


@pytest.mark.slow
def test_the_page_fetches_nothing_and_escapes_names(page):
  text = page.read_text()
  assert "<h1>sweep &lt;1&gt;</h1>" in text
  assert not re.search(r"<(script|link|img)[^>]+(src|href)=", text)
  assert "Training stopped at step" in text


@pytest.mark.skipif(_BROWSER is None, reason="no Chromium on this machine")
@pytest.mark.slow
def test_a_browser_draws_every_figure(page, tmp_path):
  def browse(*arguments):
    return subprocess.run(
      [
        _BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--virtual-time-budget=10000",
        "--enable-logging=stderr",
        f"--user-data-dir={tmp_path / 'profile'}",
        *arguments,
        page.as_uri(),
      ],
      capture_output=True,
      text=True,
      check=True,
      timeout=120,
    )

  done = browse("--dump-dom")
  dom = done.stdout
  headings = re.findall(r"<h2>([^<]+)</h2>", dom)
  assert headings == [
    "Ranking",
    "Importance of each parameter",
    "Parallel coordinates",
    "Curves",
    "Modules",
    "Failures",
  ]
  # Drawn by the script: four plots with traces in them.
  assert len(re.findall(r'class="plot-container', dom)) == 4
  assert len(re.findall(r'class="(?:trace |trace)', dom)) >= 3
  assert dom.count('<tr class="finished"') == 3
  assert dom.count('<tr class="best"') == 1
  assert dom.count('<tr class="failed"') == 2
  errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
  assert not errors
  picture = tmp_path / "page.png"
  browse(f"--screenshot={picture}", "--window-size=1300,2600")
  assert picture.stat().st_size > 50_000
