"""The code of docs/python.md runs, from its first line to its last."""

import contextlib
import io
import pathlib
import re

import pytest

PAGE = pathlib.Path(__file__).parent.parent / "docs" / "python.md"


@pytest.mark.slow
def test_the_page_runs_and_prints_what_it_says(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
  assert len(blocks) > 10
  printed, names = io.StringIO(), {"__name__": "page"}
  with contextlib.redirect_stdout(printed):
    for block in blocks:
      exec(compile(block, str(PAGE), "exec"), names)
  text = printed.getvalue()
  assert "has no signature 'token'; did you mean 'tokens'?" in text
  assert "64 training and 64 evaluation examples" in text
  assert "(2, 2)" in text
  assert "{'optimizers.adam.learning_rate': 0.05}" in text
  assert (tmp_path / "words.gin").read_text().startswith("run.encoder")
