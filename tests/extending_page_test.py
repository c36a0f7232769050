"""The code of docs/extending.md runs, from its first line to its last."""

import contextlib
import io
import json
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
  parts, smoothed = (
    json.loads((tmp_path / "runs" / name / "result.json").read_text())
    for name in ("parts", "smoothed")
  )
  for result in (parts, smoothed):
    assert 0.3 < result["metrics"]["confidence"] < 1
    assert result["metrics"]["accuracy"] == 1
    assert "error" not in result["exports"]["latest"]
  assert "precision/positive_threshold_0.9" in parts["metrics"]
  ((_, shape),) = [
    (name, shape)
    for name, shape in names["tf"].train.list_variables(
      str(tmp_path / "runs" / "parts")
    )
    if name.endswith("kernel")
  ]
  assert shape == [2, 1]
  (module,) = (tmp_path / "runs" / "plain").rglob("tfhub_module.pb")
  assert module.parent.name == "module"
  assert 0 < names["slowest"].seconds < 60
