"""A run defined in Python is written as gin text that defines an equal run."""

import dataclasses
import functools

import gin
import pytest

from hub_estimator import config, heads, inputs, modules, optimizers
from hub_estimator.errors import UserError
from hub_estimator.experiments import EarlyStopping, Experiment, to_gin
from hub_estimator.model import encoders, metrics, tops
from hub_estimator.optimizers import schedules
from hub_estimator.preprocessing import Adapter


def _run(**changes):
  fields = {
    "head": heads.multi_class(10),
    "train_input": inputs.csv("train.csv", label="y"),
    "eval_input": inputs.csv("eval.csv", label="y"),
  }
  return Experiment.for_module("/modules/m", **{**fields, **changes})


def _parsed(text, tmp_path):
  path = tmp_path / "run.gin"
  path.write_text(text)
  config.parse([str(path)])
  return config.build("run")


@pytest.mark.parametrize(
  "changes",
  [
    {},
    {
      "top": tops.mlp((8, 4), dropout=0.25),
      "metrics": [metrics.f1(), metrics.top_k(3)],
      "early_stopping": EarlyStopping("loss", 100),
      "max_steps": 77,
    },
    {
      "head": heads.multi(
        {"a": heads.binary(), "b": heads.multi_class(3, ["x", "y", "ü"])},
        weights={"a": 0.5},
      ),
      "encoder": encoders.Concat(
        [
          encoders.Encoder(modules.ModuleSource("/a", name="a", tags=[])),
          encoders.Encoder(
            modules.ModuleSource("/b", name="b", export_name="b"),
            Adapter(inputs={"x": "text"}, constants={"rate": 0.5}),
          ),
        ],
      ),
    },
    {"optimizer": optimizers.lars(momentum=0.5)},
  ],
  ids=["plain", "parts", "several of a kind", "optimizer"],
)
def test_the_text_defines_an_equal_run(tmp_path, changes):
  encoder = changes.pop("encoder", None)
  experiment = _run(**changes)
  if encoder is not None:
    experiment = dataclasses.replace(experiment, encoder=encoder)
  again = _parsed(to_gin(experiment), tmp_path)
  assert again == experiment
  assert to_gin(again) == to_gin(experiment)


def test_a_schedule_is_written_with_its_arguments(tmp_path):
  schedule = functools.partial(schedules.cosine, rate=0.1, decay_steps=50)
  text = to_gin(_run(optimizer=optimizers.adam(schedule)))
  assert "optimizers.adam.learning_rate = @schedules.cosine\n" in text
  rate = _parsed(text, tmp_path).optimizer.learning_rate
  assert rate.function is schedules.cosine
  assert rate.keywords == schedule.keywords
  assert to_gin(config.build("run")) == text


def test_parts_that_occur_once_are_bound_without_a_scope():
  text = to_gin(_run())
  assert "heads.multi_class.n_classes = 10\n" in text
  assert "train_input/inputs.csv.path = 'train.csv'\n" in text


@dataclasses.dataclass(frozen=True)
class _Unregistered(heads.Binary):
  pass


@gin.register("mine", module="gin_text_test")
@dataclasses.dataclass(frozen=True)
class Mine(heads.Binary):
  pass


def test_a_part_of_the_users_own_is_imported(tmp_path):
  text = to_gin(_run(head=Mine()))
  assert text.startswith(f"import {__name__}\n")
  assert _parsed(text, tmp_path).head == Mine()


@pytest.mark.parametrize(
  "changes, why",
  [
    ({"head": _Unregistered()}, "run.head is .* which gin doesn't know"),
    (
      {"optimizer": optimizers.adam(lambda step: 0.1)},
      "run.optimizer.learning_rate is .*lambda.* register it",
    ),
    ({"optimizer": optimizers.adam(float("nan"))}, "is nan, which gin can't"),
  ],
)
def test_a_part_that_gin_cannot_name_is_refused(changes, why):
  with pytest.raises(UserError, match=why):
    to_gin(_run(**changes))
