import json

import pytest
from hub_estimator.trainers import main as command

from hub_estimator.tensorflow_runtime import hub, tf
from tests.linting.small_modules import (
  BOTH,
  build_dense,
  export,
  lint_path,
  placeholder,
)

pytestmark = pytest.mark.newest


@pytest.mark.parametrize(
  "name", ["dm21_DM21", "enlite0_96_feature_vector", "glove50_20k"]
)
def test_real_modules_have_no_error_and_no_warning(shared_module, name):
  assert {f.severity for f in lint_path(shared_module(name))} == {"advice"}


def test_a_module_that_follows_the_guidance_has_no_finding(tmp_path):
  def module_fn(training):
    x = placeholder(4)
    hidden = build_dense(x)
    rate = tf.placeholder(tf.float32, [], name="rate")
    hub.add_signature(inputs={"x": x}, outputs=hidden)
    dropped = tf.nn.dropout(hidden, rate=rate) if training else hidden
    hub.add_signature(
      "with_rate", inputs={"x": x, "rate": rate}, outputs=dropped
    )

  path = export(tmp_path, module_fn, BOTH)
  (tmp_path / "m" / "README.md").write_text("# A module\n")
  assert lint_path(path) == []


def test_the_exit_code_says_whether_there_are_errors(
  tmp_path, dense, batch_norm, capsys
):
  def module_fn():
    x = placeholder(4)
    hub.add_signature(inputs=x, outputs=tf.nn.dropout(build_dense(x), rate=0.5))

  broken = export(tmp_path, module_fn)
  for argv, code in (
    ([dense], 0),
    ([dense, "--strict"], 0),
    ([batch_norm], 0),
    ([batch_norm, "--strict"], 1),
    ([broken], 1),
  ):
    assert command.main(["lint", *argv]) == code
  assert f"{broken}: 1 errors, 0 warnings, 1 pieces" in capsys.readouterr().out
  command.main(["lint", broken, "--json"])
  printed = json.loads(capsys.readouterr().out)
  assert printed["findings"][0]["check"] == "dropout"
  assert set(printed["findings"][0]) == {
    "severity",
    "check",
    "where",
    "what",
    "why",
    "mend",
  }


def test_findings_come_the_gravest_first(tmp_path):
  def module_fn():
    x = placeholder(4)
    y = tf.nn.dropout(build_dense(x, l2=0), rate=0.5)
    hub.add_signature(inputs=x, outputs=y)

  order = [f.severity for f in lint_path(export(tmp_path, module_fn))]
  assert order == ["error", "warning", "advice"]
