"""The code of docs/extending.md runs, from its first line to its last."""

import contextlib
import io
import pathlib
import re

import pytest

PAGE = pathlib.Path(__file__).parent.parent / "docs" / "extending.md"


@pytest.mark.slow
def test_the_page_runs(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
  assert len(blocks) >= 4
  printed, names = io.StringIO(), {"__name__": "page"}
  with contextlib.redirect_stdout(printed):
    for block in blocks:
      exec(compile(block, str(PAGE), "exec"), names)
  assert "finished at step 40" in printed.getvalue()
  (probabilities,) = names["predicted"]["probabilities"]
  assert probabilities[1] > 0.5
  assert 0 < names["slowest"].seconds < 60
