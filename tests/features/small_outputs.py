"""Outputs of small modules, and which networks were built for them."""

import contextlib
import sys
import threading
from collections.abc import Iterator

from hub_estimator import features, modules
from hub_estimator.inputs import Examples
from hub_estimator.model import encoders
from hub_estimator.modules import ModuleSource, read_module_info
from tests.small_runs import make_regression


def frozen_run(handle, data, **changes):
  return make_regression(handle, data, module_trainable=False, **changes)


def outputs_for(parts, handle, **source) -> features.Outputs:
  """Returns the outputs of a frozen module for arrays `x`, not yet computed."""
  return features.Outputs(
    [Examples({"x": part}, None, "test") for part in parts],
    encoders.Encoder(ModuleSource(handle, trainable=False, **source)),
    {"module": read_module_info(handle)},
  )


def compute(handle, x, **source):
  """Returns the outputs of a frozen module for an array `x`."""
  (examples,) = outputs_for([x], handle, **source).examples()
  assert set(examples.features) == {encoders.output_key(0)}
  return examples.features[encoders.output_key(0)]


def entries(cache_dir):
  return sorted(p for p in cache_dir.iterdir() if p.is_dir())


@contextlib.contextmanager
def placed_modes() -> Iterator[list[str]]:
  """Yields a list that gets the mode of each module placed in a graph.

  It watches calls and replaces nothing.
  """
  modes: list[str] = []

  def watch(frame, event, argument):
    del argument
    if event == "call" and frame.f_code is modules.place.__code__:
      modes.append(frame.f_locals["mode"])

  threading.setprofile(watch)  # In threads to come, too.
  sys.setprofile(watch)
  try:
    yield modes
  finally:
    sys.setprofile(None)
    threading.setprofile(None)
