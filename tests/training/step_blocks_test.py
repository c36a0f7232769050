"""A run in blocks of steps is the same run, in fewer calls of session.run."""

import dataclasses
import pathlib

import numpy as np
import pytest

from hub_estimator import heads, inputs, optimizers, runs
from hub_estimator.errors import RunFailed
from hub_estimator.experiments import EarlyStopping
from hub_estimator.model import encoders, metrics, tops
from hub_estimator.optimizers import schedules
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import estimator, read_eval_metrics, tf
from hub_estimator.training import step_blocks
from tests.small_runs import make_experiment, make_regression
from tests.training.seams import NoteSteps

# Files of the room that these tests cover, beside their own.
COVERS = ("alone", "job", "summary_hook")


def _frozen(handle, data, **changes):
  changes = {"eval_every_steps": 20, "summary_every_steps": 10, **changes}
  is_plain = not changes.keys() & {"head", "metrics"}
  make = make_regression if is_plain else make_experiment
  return make(handle, data, module_trainable=False, max_steps=50, **changes)


def _text_data(path) -> str:
  """Writes words with two labels, one of strings, and weights."""
  lines = ["text,label,stars,weight"]
  for i in range(60):
    good = i % 3 != 0
    lines.append(
      f"{'good film' if good else 'bad film'} {i},"
      f"{'pos' if good else 'neg'},{4.0 if good else 1.5},{1 + i % 2}"
    )
  path.write_text("\n".join(lines) + "\n")
  return str(path)


class _SteppedLinear(tops.Linear):
  """The same top, of a type that isn't known to work in a loop."""


class _SteppedMLP(tops.MLP):
  """Likewise."""


def _stepped(experiment):
  """Returns the same run, which trains one step a `session.run`."""
  top = experiment.top
  kind = _SteppedMLP if isinstance(top, tops.MLP) else _SteppedLinear
  fields = {f.name: getattr(top, f.name) for f in dataclasses.fields(top)}
  return dataclasses.replace(experiment, top=kind(**fields))


def _train(experiment, directory):
  """Trains, and returns the result and the steps at which each run starts."""
  noted = NoteSteps()
  result = runs.train(experiment, str(directory), hooks=[noted])
  return result, noted.steps


def _weights(directory, step=None):
  path = (
    f"{directory}/model.ckpt-{step}"
    if step
    else tf.train.latest_checkpoint(str(directory))
  )
  reader = tf.train.load_checkpoint(path)
  return {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}


def _curves(directory):
  """Returns {tag: {step: value}} of the training events."""
  curves = {}
  for file in sorted(pathlib.Path(directory).glob("events.*")):
    for event in tf.train.summary_iterator(str(file)):
      for value in event.summary.value:
        assert event.step not in curves.get(value.tag, {})
        curves.setdefault(value.tag, {})[event.step] = value.simple_value
  return curves


def _assert_same_run(one, other):
  a, b = _weights(one), _weights(other)
  assert a.keys() == b.keys()
  for name, value in a.items():
    np.testing.assert_allclose(value, b[name], rtol=1e-5, atol=1e-6)
  for kind in ("", "eval"):
    curves = [_curves(pathlib.Path(path, kind)) for path in (one, other)]
    for curve in curves:
      curve.pop("global_step/sec", None)
    assert curves[0].keys() == curves[1].keys()
    for tag, points in curves[0].items():
      assert points.keys() == curves[1][tag].keys(), tag
      assert list(points.values()) == pytest.approx(
        list(curves[1][tag].values()), rel=1e-4
      )


def test_blocks_end_where_the_run_is_read():
  blocks = step_blocks.Blocks(100, (250, 60), 310)
  ends, step = [], 0
  while blocks.end(step) > step:
    step = blocks.end(step)
    ends.append(step)
  assert ends == [1, 60, 120, 180, 240, 250, 300, 310]
  assert step_blocks.Blocks(7, (500,), 1000).end(14) == 21


@pytest.mark.slow
@pytest.mark.parametrize(
  "changes",
  [
    {},
    {
      "top": tops.MLP([8], dropout=0.3, l2=0.01),
      "optimizer": optimizers.AdamW(
        lambda step: schedules.cosine(
          step, rate=0.1, decay_steps=50, warm_up_steps=5
        )
      ),
    },
    {
      "optimizer": optimizers.SGD(0.3, momentum=0.9),
      "fine_tuning": optimizers.FineTuning(
        accumulate_batches=3, clip_norm=0.5, average_decay=0.9
      ),
    },
    {"optimizer": optimizers.LARS(), "metrics": [metrics.F1()]},
    {"optimizer": optimizers.FTRL(), "rate_for_batch_size": 8},
  ],
  ids=["adam", "mlp", "accumulated", "lars", "ftrl"],
)
def test_a_run_in_blocks_is_the_same_run(dense, numbers_npz, tmp_path, changes):
  experiment = _frozen(dense, numbers_npz, **changes)
  _, starts = _train(experiment, tmp_path / "blocks")
  assert starts == [0, 1, 10, 20, 30, 40]
  _, starts = _train(_stepped(experiment), tmp_path / "steps")
  assert starts == list(range(50))
  _assert_same_run(tmp_path / "blocks", tmp_path / "steps")
  assert set(_curves(tmp_path / "blocks")["loss"]) == {1, 10, 20, 30, 40, 50}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["strings", "several heads"])
def test_labels_that_are_strings_and_weights(text, tmp_path, kind):
  label, head = "label", heads.Binary(["neg", "pos"], weight_column="weight")
  if kind == "several heads":
    label = ["label", "stars"]
    head = heads.Multi(
      {"label": head, "stars": heads.Regression(weight_column="weight")}
    )
  source = inputs.Csv(_text_data(tmp_path / "data.csv"), label=label)
  experiment = _frozen(
    text,
    source.path,
    train_input=source,
    eval_input=source,
    head=head,
    adapter=adapters.Adapter(inputs={"default": "text"}),
  )
  _, starts = _train(experiment, tmp_path / "blocks")
  assert len(starts) < 50
  _train(_stepped(experiment), tmp_path / "steps")
  _assert_same_run(tmp_path / "blocks", tmp_path / "steps")


@pytest.mark.slow
def test_early_stopping_comes_at_the_same_step(dense, numbers_npz, tmp_path):
  experiment = _frozen(
    dense,
    numbers_npz,
    eval_every_steps=6,
    optimizer=optimizers.SGD(1e-9),
    early_stopping=EarlyStopping("loss", patience_steps=12),
  )
  for name, run in (("blocks", experiment), ("steps", _stepped(experiment))):
    result, _ = _train(run, tmp_path / name)
    assert (result.state, result.steps) == ("stopped early", 18)
  assert list(read_eval_metrics(str(tmp_path / "blocks/eval"))) == [6, 12, 18]


@pytest.mark.slow
def test_a_run_stopped_inside_a_block_resumes_to_the_same_end(
  dense, numbers_npz, tmp_path
):
  whole = _frozen(dense, numbers_npz, top=tops.MLP([8], dropout=0.3))
  _train(whole, tmp_path / "whole")
  part = dataclasses.replace(whole, max_steps=13)
  _train(part, tmp_path / "parts")
  _, starts = _train(whole, tmp_path / "parts")
  assert min(starts) == 13
  for name, value in _weights(tmp_path / "whole").items():
    np.testing.assert_array_equal(value, _weights(tmp_path / "parts")[name])


@pytest.mark.slow
def test_a_loss_that_is_not_finite_is_reported_with_its_step(
  dense, numbers_npz, tmp_path
):
  experiment = _frozen(
    dense,
    numbers_npz,
    optimizer=optimizers.SGD(lambda step: tf.where(step < 33, 1e-3, 1e30)),
  )
  stopped = r"stopped at step 34: the loss is inf.*ckpt-20\."
  with pytest.raises(RunFailed, match=stopped) as raised:
    runs.train(experiment, str(tmp_path / "run"))
  assert "\n" not in str(raised.value)
  assert all(np.isfinite(v).all() for v in _weights(tmp_path / "run").values())


class _MyHead(heads.Binary):
  pass


def _plan(handle, data, *, kept=True, width=8, **changes):
  """Returns the blocks of a run whose module's outputs are so wide."""
  experiment = _frozen(handle, data, **changes)
  checked = runs.check(experiment)
  if kept:
    outputs = np.zeros([60, width], np.float32)
    features = {encoders.output_key(0): outputs}
    examples = inputs.Examples(features, checked.train.labels[:60], "kept")
    checked = dataclasses.replace(checked, train=examples)
  return step_blocks.plan(experiment, checked)


def test_steps_are_few_where_they_are_large(dense, numbers_npz):
  assert _plan(dense, numbers_npz).most == 100
  # 16 MiB of 16 rows of 1 MiB are one step.
  assert _plan(dense, numbers_npz, width=1 << 14).most == 16
  assert _plan(dense, numbers_npz, width=1 << 18) is None
  # 16 examples a step, and 4 and 64 million weights.
  assert _plan(dense, numbers_npz, top=tops.MLP([1 << 11, 1 << 11])).most == 31
  assert _plan(dense, numbers_npz, top=tops.MLP([1 << 13, 1 << 14])) is None


@pytest.mark.parametrize(
  "changes",
  [
    {"top": _SteppedLinear()},
    {"head": _MyHead()},
    {"kept": False},
  ],
  ids=["top", "head", "not kept"],
)
def test_parts_that_may_differ_in_a_loop_run_step_by_step(
  dense, numbers_npz, changes
):
  assert _plan(dense, numbers_npz, **changes) is None


class _Seeing(estimator.SessionRunHook):
  def __init__(self):
    self.runs = 0

  def after_run(self, run_context, run_values):
    self.runs += 1


@pytest.mark.slow
def test_a_hook_of_the_users_sees_each_step_unless_it_says_otherwise(
  dense, numbers_npz, tmp_path, new_log
):
  def train(hook, name):
    experiment = make_experiment(
      dense, numbers_npz, module_trainable=False, hooks=[hook]
    )
    return runs.train(experiment, tmp_path / name), new_log()

  seeing, skipping = _Seeing(), _Seeing()
  skipping.each_step = False
  each, log = train(seeing, "each")
  assert "a session.run of its own, for the hook _Seeing" in log
  # The last one finds that no examples are left.
  assert seeing.runs in (20, 21)
  blocks, log = train(skipping, "blocks")
  assert "session.run of its own" not in log
  assert skipping.runs < 10
  _assert_same_run(tmp_path / "each", tmp_path / "blocks")
  assert each.metrics["loss"] == pytest.approx(blocks.metrics["loss"], rel=1e-5)
