"""Steps of training in bfloat16 and by XLA, beside plain ones.

    python -m benchmarks.acceleration [--quick] [--rounds=3]

Two runs that fine-tune: a transformer of BERT's shape (4 layers of 512, 8 heads, 64
tokens), new, on the movie sentences; EfficientNet-Lite0 at 96 pixels on Fashion-MNIST.
Each by `train` as it is, with `run.mixed_precision`, and with `run.xla` (on a CPU
by TF_XLA_FLAGS), each a process, by turns; steps/s between two of its steps, the first
ones not counted, and the evaluation's loss. The ratio is the transformer's, bfloat16
over float32; 1 would be no gain.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time

from benchmarks import report

_MODULES = ("transformer", "efficientnet")
_ARMS = ("plain", "mixed_precision", "xla")
_BATCH, _WARM_UP = 16, 5
_EVAL = 200
_LAYERS, _WIDTH, _HEADS, _TOKENS, _BUCKETS = 4, 512, 8, 64, 20000


def _transformer() -> None:
  """A module_fn: strings [N] -> [N, _WIDTH], the mean of a transformer's outputs."""
  from hub_estimator.tensorflow_runtime import hub, tf

  sentences = tf.placeholder(tf.string, [None])
  words = tf.compat.v2.strings.split(tf.strings.lower(sentences))
  hashed = tf.strings.to_hash_bucket_fast(words.flat_values, _BUCKETS - 1) + 1
  ids = words.with_flat_values(hashed).to_tensor(shape=[None, _TOKENS])
  table = tf.get_variable(
    "embeddings",
    [_BUCKETS, _WIDTH],
    initializer=tf.random_normal_initializer(stddev=0.02),
  )
  positions = tf.get_variable(
    "positions",
    [_TOKENS, _WIDTH],
    initializer=tf.random_normal_initializer(stddev=0.02),
  )
  hidden = tf.nn.embedding_lookup(table, ids) + positions
  known = tf.cast(ids > 0, tf.float32)
  for layer in range(_LAYERS):
    with tf.variable_scope(f"layer_{layer}"):
      attended = _attend(_normalized(hidden, "before_attention"), known)
      hidden += _dense(attended, _WIDTH, "attention_output")
      inner = _dense(_normalized(hidden, "before_mlp"), 4 * _WIDTH, "inner")
      hidden += _dense(tf.nn.relu(inner), _WIDTH, "outer")
  weights = known[:, :, tf.newaxis]
  total = tf.reduce_sum(_normalized(hidden, "last") * weights, axis=1)
  mean = total / tf.maximum(tf.reduce_sum(weights, axis=1), 1.0)
  hub.add_signature(inputs=sentences, outputs=mean)


def _attend(hidden, known):
  from hub_estimator.tensorflow_runtime import tf

  def by_head(tensor):
    shape = [-1, _TOKENS, _HEADS, _WIDTH // _HEADS]
    return tf.transpose(tf.reshape(tensor, shape), [0, 2, 1, 3])

  query, key, value = (
    by_head(_dense(hidden, _WIDTH, name)) for name in ("query", "key", "value")
  )
  scores = tf.matmul(query, key, transpose_b=True) * (_WIDTH / _HEADS) ** -0.5
  scores += 1e4 * (known[:, tf.newaxis, tf.newaxis, :] - 1.0)
  attended = tf.matmul(tf.nn.softmax(scores), value)
  return tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [-1, _TOKENS, _WIDTH])


def _dense(tensor, width, name):
  from hub_estimator.tensorflow_runtime import tf

  with tf.variable_scope(name):
    kernel = tf.get_variable("kernel", [tensor.shape[-1], width])
    bias = tf.get_variable("bias", [width], initializer=tf.zeros_initializer())
    return tf.tensordot(tensor, kernel, 1) + bias


def _normalized(tensor, name):
  from hub_estimator.tensorflow_runtime import tf

  with tf.variable_scope(name):
    scale = tf.get_variable(
      "scale", [_WIDTH], initializer=tf.ones_initializer()
    )
    mean, variance = tf.nn.moments(tensor, [-1], keepdims=True)
    return scale * (tensor - mean) * tf.math.rsqrt(variance + 1e-6)


def _experiment(module: str, arm: str, steps: int):
  from hub_estimator.examples import efficientnet, fashion, movies

  from hub_estimator import exporting, heads, inputs, modules, optimizers
  from hub_estimator.experiments import Experiment
  from hub_estimator.model import encoders
  from hub_estimator.modules import new_modules

  if module == "transformer":
    handle = new_modules.NewModule(_transformer)
    head = heads.Binary()
    train = movies.MovieSentences("train")
    evaluation = inputs.Sample(movies.MovieSentences("eval"), _EVAL)
  else:
    handle = efficientnet.efficientnet_lite0()
    head = heads.MultiClass(10)
    train = fashion.FashionMnist("train", 2000)
    evaluation = fashion.FashionMnist("eval", _EVAL)
  return Experiment(
    encoder=encoders.Encoder(modules.ModuleSource(handle)),
    head=head,
    optimizer=optimizers.Adam(0.0003),
    train_input=train,
    eval_input=evaluation,
    exports=exporting.Exports([]),
    max_steps=steps,
    batch_size=_BATCH,
    eval_every_steps=steps,
    mixed_precision=arm == "mixed_precision",
    xla=arm == "xla",
  )


def _train(module: str, arm: str, steps: int, directory: str) -> None:
  from hub_estimator.runs import experiment as experiments
  from hub_estimator.tensorflow_runtime import estimator
  from hub_estimator.training import training

  ended = []

  class Noted(estimator.SessionRunHook):
    def after_run(self, run_context, run_values):
      del run_context, run_values
      ended.append(time.monotonic())

  of_run = training._chief_hooks
  training._chief_hooks = lambda *arguments: [*of_run(*arguments), Noted()]
  result = experiments.train(_experiment(module, arm, steps), directory)
  # Each from the one before: what is saved at the end comes later.
  taken = [b - a for a, b in zip(ended, ended[1:], strict=False)][_WARM_UP:]
  report.print_json(
    {"step": statistics.median(taken), "loss": float(result.metrics["loss"])}
  )


def main(arguments: list[str]) -> None:
  """Measures all arms and prints one JSON object."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true")
  parser.add_argument("--rounds", type=int, default=3)
  parser.add_argument("--module", choices=_MODULES)
  parser.add_argument("--arm", choices=_ARMS)
  parser.add_argument("--directory")
  args = parser.parse_args(arguments)
  steps = 20 if args.quick else 60
  if args.arm:
    _train(args.module, args.arm, steps, args.directory)
    return
  os.environ["TF_XLA_FLAGS"] = "--tf_xla_cpu_global_jit"
  seconds = {m: {arm: [] for arm in _ARMS} for m in _MODULES}
  losses = {m: {} for m in _MODULES}
  with tempfile.TemporaryDirectory() as scratch:
    os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache"
    for number in range(1 if args.quick else args.rounds):
      for module in _MODULES:
        for arm in _ARMS:
          done = report.run(
            "benchmarks.acceleration",
            f"--module={module}",
            f"--arm={arm}",
            f"--directory={scratch}/{module}_{arm}_{number}",
            *(["--quick"] if args.quick else []),
          )
          seconds[module][arm].append(done["step"])
          losses[module][arm] = done["loss"]
  ratios = {
    module: {
      arm: report.median_ratio(of["plain"], of[arm]) for arm in _ARMS[1:]
    }
    for module, of in seconds.items()
  }
  steps_per_second = {
    module: {arm: 1 / statistics.median(of[arm]) for arm in _ARMS}
    for module, of in seconds.items()
  }
  report.print_json(
    {
      "benchmark": "acceleration",
      "ratio": ratios["transformer"]["mixed_precision"],
      "target": 1,
      "ours": steps_per_second["transformer"]["mixed_precision"],
      "rival": steps_per_second["transformer"]["plain"],
      "unit": "steps/s",
      "ratios": ratios,
      "steps_per_second": steps_per_second,
      "losses": losses,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
