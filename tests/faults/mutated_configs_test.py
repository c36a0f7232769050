"""Configs with mistakes: each runs, or ends in one clear line and code 2."""

import contextlib
import io
import math
import os
import pathlib
import re
import tempfile

import hypothesis
import pytest
from hub_estimator.trainers import main as command
from hypothesis import strategies as st

from tests.small_runs import tree_digest

pytestmark = [pytest.mark.newest, pytest.mark.faults]

MUTATIONS = int(os.environ.get("HUB_ESTIMATOR_MUTATIONS", "40"))
# So many of them are one test, that a campaign's processes share them.
SHARE = 50

_GIN = """
include "base.gin"

HANDLE = {module!r}
SIGNATURE = "default"
HEAD = @heads.multi_class()
multi_class.n_classes = 3
OPTIMIZER = @optimizers.adam()
adam.learning_rate = @schedules.cosine
cosine.rate = 0.01
cosine.decay_steps = 10
cosine.warm_up_steps = 2
TRAINABLE = True
METRICS = [@metrics.f1()]
adapter.inputs = {{"x": "x"}}
fine_tuning.module_rate_multiplier = 0.1
exports.kinds = ["latest", "best"]
exports.best_metric = "average_loss"
exports.keep = 2
run.train_input = @train/inputs.npz()
run.eval_input = @eval/inputs.npz()
train/inputs.npz.path = {data!r}
eval/inputs.npz.path = {data!r}
inputs.npz.features = ["x"]
inputs.npz.label = "z"
run.early_stopping = @early_stopping()
early_stopping.metric = "accuracy"
early_stopping.patience_steps = 4
MAX_STEPS = 4
EVAL_EVERY_STEPS = 2
BATCH_SIZE = 8
SEED = 3
"""

VALUES = [
  "None",
  "True",
  "0",
  "-1",
  "1.5",
  "1e38",
  "10000000",
  "''",
  "'x'",
  "'../x'",
  "'a b\\nc'",
  "'\\u2603'",
  "[]",
  "[1]",
  "['train']",
  "{}",
  "{'x': 1}",
  "(1, 2)",
  "@heads.binary()",
  "@heads.binary",
  "@optimizers.sgd()",
  "@inputs.csv()",
  "@no.such()",
  "%NO_SUCH",
  "%MAX_STEPS",
]

_line = st.integers(min_value=2, max_value=_GIN.count("\n") - 1)
_mutation = st.one_of(
  st.tuples(st.just("drop"), _line, st.none()),
  st.tuples(st.just("twice"), _line, st.none()),
  st.tuples(st.just("value"), _line, st.sampled_from(VALUES)),
  st.tuples(st.just("name"), _line, st.integers(0, 30)),
  st.tuples(st.just("cut"), _line, st.integers(0, 40)),
  st.tuples(
    st.just("insert"), _line, st.sampled_from(list("@%()[]{}'\"=#,./\\ \t☃"))
  ),
)


def _mutate(text: str, mutations) -> str:
  lines = text.split("\n")
  for kind, number, detail in mutations:
    line = lines[number % len(lines)]
    if kind == "drop":
      line = ""
    elif kind == "twice":
      line = f"{line}\n{line}"
    elif kind == "value":
      line = re.sub(r"=.*", lambda _, d=detail: f"= {d}", line)
    elif kind == "name" and line:
      at = detail % len(line)
      line = line[:at] + line[at + 1 :]
    elif kind == "cut":
      line = line[:detail]
    elif kind == "insert":
      at = len(line) // 2
      line = line[:at] + detail + line[at:]
    lines[number % len(lines)] = line
  return "\n".join(lines)


def _run(*argv) -> tuple[int, str]:
  errors = io.StringIO()
  with (
    contextlib.redirect_stderr(errors),
    contextlib.redirect_stdout(io.StringIO()),
  ):
    code = command.main(argv)
  return code, errors.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("share", range(math.ceil(MUTATIONS / SHARE)))
def test_a_mistaken_config_runs_or_gets_one_line(
  batch_norm, numbers_npz, tmp_path, share
):
  text = _GIN.format(module=batch_norm, data=numbers_npz)
  counts = {0: 0, 2: 0}

  @hypothesis.seed(share)
  @hypothesis.settings(
    max_examples=min(SHARE, MUTATIONS - share * SHARE),
    deadline=None,
    database=None,
    # A mistake of three lines is read as easily as its shortest form is found.
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
  )
  @hypothesis.given(st.lists(_mutation, min_size=1, max_size=3))
  def one(mutations):
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
      file = pathlib.Path(folder) / "run.gin"
      file.write_text(_mutate(text, mutations))
      model_dir = pathlib.Path(folder) / "run"
      flags = [f"--gin_file={file}", f"--model_dir={model_dir}"]
      code, errors = _run("check", *flags)
      assert code in counts, errors
      counts[code] += 1
      assert not model_dir.exists()
      if code == 2:
        lines = errors.splitlines()
        assert lines[-1].startswith("hub-estimator check: "), errors
        assert "Traceback" not in errors
        # Ahead of it, only warnings that are the run's own.
        assert len(lines) < 4, errors
        return
      # What passes its check trains; nobody waits for a mistaken MAX_STEPS.
      bound = "--gin_param=run.max_steps = 2"
      code, errors = _run("train", *flags, bound)
      if code == 1 and "the loss is" in errors:  # At a rate of 1e38, say.
        assert "Traceback" not in errors
        return
      assert code == 0, errors
      before = tree_digest(model_dir)
      assert _run("train", *flags, bound)[0] == 0  # Done before.
      assert tree_digest(model_dir) == before

  one()
  assert min(counts.values()) > 0, counts
