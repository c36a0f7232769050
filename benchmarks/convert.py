"""A training step of a converted module, beside the same step in a session.

    python -m benchmarks.convert [--quick] [--rounds=3] [--handle=H]

The module is EfficientNet-Lite0 at 96 pixels unless `--handle` names another one with
one float input. A step computes the mean square of its outputs plus its regularization
losses for a fixed batch of 16, moves the statistics, and moves all variables by plain
SGD. The rival is `hub.Module` in a session; ours is the SavedModel that `he.convert`
writes, in a tf.function. Both run in separate processes that take turns. The ratio is
the session's time of a step divided by the function's.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import processes, report

_BATCH, _WARM_UP, _RATE = 16, 5, 1e-4


def _inputs(handle: str) -> tuple[str, np.ndarray]:
  """Returns (name, values) of a batch for a module's only input."""
  from hub_estimator.modules import read_module_info

  ((name, tensor),) = (
    read_module_info(handle).signature("default").inputs.items()
  )
  shape = [_BATCH, *(size or 8 for size in tensor.shape[1:])]
  return name, np.random.default_rng(1).random(shape, np.float32)


def _time(step: Callable[[], object], steps: int) -> None:
  """Prints the median of a step's seconds, and the loss after all steps."""
  taken, loss = [], None
  for _ in range(_WARM_UP + steps):
    started = time.monotonic()
    loss = step()
    taken.append(time.monotonic() - started)
  report.print_json(
    {"step": statistics.median(taken[_WARM_UP:]), "loss": float(loss)}
  )


def _in_session(handle: str, steps: int, directory: str) -> None:
  del directory
  from hub_estimator.modules import ModuleSource, place, read_module_info
  from hub_estimator.tensorflow_runtime import estimator, tf

  name, values = _inputs(handle)
  tf.disable_eager_execution()  # The graph below is the process's only one.
  placed = place(
    read_module_info(handle),
    ModuleSource(handle),
    mode=estimator.ModeKeys.TRAIN,
  )
  outputs, updates = placed.apply({name: tf.constant(values)})
  loss = tf.add_n(
    [
      tf.reduce_mean(tf.square(outputs["default"])),
      *placed.regularization_losses,
    ]
  )
  with tf.control_dependencies(updates):
    train = tf.train.GradientDescentOptimizer(_RATE).minimize(loss)
  with tf.Session() as session:
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    _time(lambda: session.run((loss, train))[0], steps)


def _in_function(handle: str, steps: int, directory: str) -> None:
  import hub_estimator as he

  tf = he.tensorflow_runtime.tf.compat.v2
  _, values = _inputs(handle)
  module = tf.saved_model.load(he.convert(directory, handle))
  batch = tf.constant(values)

  @tf.function
  def step():
    with tf.GradientTape() as tape:
      loss = tf.add_n(
        [
          tf.reduce_mean(tf.square(module(batch, training=True))),
          *(loss() for loss in module.regularization_losses),
        ]
      )
    gradients = tape.gradient(loss, module.trainable_variables)
    for variable, gradient in zip(
      module.trainable_variables, gradients, strict=True
    ):
      tf.raw_ops.ResourceApplyGradientDescent(
        var=variable.handle, alpha=_RATE, delta=gradient
      )
    return loss

  _time(lambda: step().numpy(), steps)


_ARMS = {"session": _in_session, "function": _in_function}


def main(arguments: Sequence[str]) -> None:
  """Measures both arms, round by round, and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--rounds", type=int, default=3)
  parser.add_argument("--handle")
  processes.add_arms(parser, _ARMS)
  args = parser.parse_args(arguments)
  if args.handle is None:
    from hub_estimator.examples import efficientnet

    args.handle = efficientnet.efficientnet_lite0()
  if args.arm:
    _ARMS[args.arm](args.handle, 10 if args.quick else 60, args.directory)
    return
  results = {name: [] for name in _ARMS}
  rounds = 1 if args.quick else args.rounds
  with tempfile.TemporaryDirectory() as scratch:
    for number in range(rounds):
      for name in _ARMS:
        results[name].append(
          processes.run_arm(
            "benchmarks.convert",
            name,
            f"{scratch}/{name}_{number}",
            f"--handle={args.handle}",
            quick=args.quick,
          )
        )
  seconds = {name: [r["step"] for r in of] for name, of in results.items()}
  report.print_json(
    {
      "benchmark": "convert",
      "ratio": report.median_ratio(seconds["session"], seconds["function"]),
      "target": 0.9,
      "ours": statistics.median(seconds["function"]),
      "rival": statistics.median(seconds["session"]),
      "unit": "s",
      "losses": {name: of[0]["loss"] for name, of in results.items()},
      "rounds": rounds,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
