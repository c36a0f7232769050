"""Everything of a run that can fail before step 1, in all three modes."""

import contextlib
import logging
import os
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from hub_estimator import features as feature_cache
from hub_estimator import heads, inputs, modules, optimizers
from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.exporting import serving
from hub_estimator.model import encoders, model_fn
from hub_estimator.modules import ModuleInfo, read_module_info
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.training import Checked, Memory, train_graph

_log = logging.getLogger(__name__)
_CHUNK_ROWS = 1024


def check(
  experiment,
  *,
  metrics: Sequence[tuple[str, str]] = (),
  memory: Memory | None = None,
) -> Checked:
  """Reads the data and one batch, and builds the graphs of all three modes.

  Args:
    experiment: an `experiment.Experiment`.
    metrics: (gin's name, metric) of further metrics that evaluation must give.
    memory: of this process's checks before; what has equal parts isn't done again.

  Raises:
    UserError: the handle, signature, output, a feature, dtype, shape or label
      doesn't fit; the message says what came, where, and what exists.
  """
  memory = Memory() if memory is None else memory
  infos, function = make_model(experiment)
  train, evaluation = (
    memory.recall(("read", name, source), lambda s=source, n=name: _read(s, n))
    for name, source in (
      ("run.train_input", experiment.train_input),
      ("run.eval_input", experiment.eval_input),
    )
  )
  if train.specs() != evaluation.specs():
    raise UserError(
      f"Training and evaluation data differ in their features: {train.source} "
      f"has {_show(train.specs())}; {evaluation.source} has "
      f"{_show(evaluation.specs())}."
    )
  for examples in (train, evaluation):
    try:
      experiment.head.check_labels(examples.labels)
    except UserError as error:
      raise UserError(f"{examples.source}: {error}") from error

  specs = served_specs(experiment, train)
  for application, signature, seen in _uses(experiment, infos, specs):
    adapters.match_features(application.adapter, signature, seen)
  modes = estimator.ModeKeys
  fingerprints = {name: info.fingerprint for name, info in infos.items()}
  model = (fingerprints, specs, experiment.encoder, experiment.top)
  model += (experiment.head, experiment.fine_tuning)

  def build(mode, input_fn, parts=(), built=None, **kwargs):
    """Returns what `_build` does, for parts that change nothing but numbers once."""
    return memory.recall(
      (mode, *model, *parts, kwargs),
      lambda: _build(
        function, mode, input_fn, experiment.seed, built=built, **kwargs
      ),
    )

  unseen = heads.weight_columns(experiment.head)
  outputs, unkept = memory.recall(
    ("outputs", experiment.cache_features, fingerprints, experiment.encoder)
    + (unseen, experiment.train_input, experiment.eval_input),
    lambda: _keep_outputs(experiment, infos, [train, evaluation], unseen),
  )
  # A module's graph of inference is built once: the one that computes what is kept, or
  # that of PREDICT. No other mode needs one, but training where it isn't kept.
  kept = outputs and outputs.widths
  _, widths = build(
    modes.PREDICT, make_serving_input_fn(experiment, infos, specs), kept=kept
  )
  known = widths if feature_cache.is_known(experiment.encoder) else None
  built: list[train_graph.TrainGraph] = []
  in_graph, _ = build(
    modes.TRAIN,
    inputs.make_train_input_fn(
      train,
      batch_size=experiment.batch_size,
      seed=experiment.seed,
    ),
    (
      optimizers.without_rate(experiment.optimizer),
      experiment.towers,
      experiment.train_input,
    ),
    kept=kept,
    built=built,
  )
  build(
    modes.EVAL,
    inputs.make_eval_input_fn(
      evaluation, batch_size=experiment.eval_batch_size
    ),
    (experiment.metrics, experiment.eval_input),
    kept=known,
    metrics=[*_metrics_named(experiment), *metrics],
  )
  train_tags = {
    name: modules.choose_tags(infos[name], source, modes.TRAIN)
    for name, source in encoders.sources(experiment.encoder).items()
  }
  return Checked(
    infos=infos,
    train=train,
    eval=evaluation,
    specs=specs,
    model_fn=function,
    variables={
      **in_graph,
      **{
        f"{name}/{variable}": tuple(told.shape)
        for name, tags in train_tags.items()
        for variable, told in infos[name].variant(tags).variables.items()
        # Not in the graph where outputs are kept.
        if "/part_" not in variable
      },
    },
    train_tags=train_tags,
    outputs=outputs,
    unkept=unkept,
    graph=built[0] if built and kept is None else None,
  )


@contextlib.contextmanager
def telling_of_values() -> Iterator[None]:
  """Turns what a value of another kind does to this package into a UserError.

  An error that passed through code of the user's own stays as it is, with its traceback.
  """
  try:
    yield
  except UserError:
    raise
  except (AttributeError, KeyError, TypeError, ValueError) as error:
    package = os.path.dirname(os.path.dirname(__file__))
    known = (package, "<", *sysconfig.get_paths().values())
    frames = traceback.extract_tb(error.__traceback__)
    if not all(frame.filename.startswith(known) for frame in frames):
      raise
    last = [f for f in frames if f.filename.startswith(package)][-1]
    raise UserError(
      "A value in the config is of another kind than it is used as: "
      f"{type(error).__name__}: {one_line(error)} "
      f"({os.path.relpath(last.filename, package)}, line {last.lineno}: "
      f"{last.line})"
    ) from error


def make_model(experiment) -> tuple[dict[str, ModuleInfo], Callable]:
  """Returns the modules' infos by name and the model_fn, with no data read.

  Raises:
    UserError: a module, its signature, output or variants don't fit.
  """
  sources = encoders.sources(experiment.encoder)
  infos = read_infos(experiment)
  for name, source in sources.items():
    infos[name].check_ops_registered()
    modules.check_variants_agree(infos[name], source)
  for application in experiment.encoder.applications():
    application.output_of(infos[application.module.name])
  function = model_fn.make_model_fn(
    infos,
    experiment.encoder,
    top=experiment.top,
    head=experiment.head,
    optimizer=experiment.optimizer,
    fine_tuning=experiment.fine_tuning,
    metrics=experiment.metrics,
    rate_scale=1.0
    if experiment.rate_for_batch_size is None
    else experiment.batch_size / experiment.rate_for_batch_size,
    n_towers=experiment.towers,
  )
  return infos, function


def read_infos(experiment) -> dict[str, ModuleInfo]:
  """Returns what an experiment's modules offer, by `module.name`."""
  return {
    name: read_module_info(source.handle)
    for name, source in encoders.sources(experiment.encoder).items()
  }


def served_specs(experiment, examples) -> dict[str, inputs.FeatureSpec]:
  """Returns the types of all features but the weights of examples.

  Raises:
    UserError: the head's weights aren't among them.
  """
  specs = examples.specs()
  weights = heads.weight_columns(experiment.head)
  for name in weights:
    if name not in specs:
      raise UserError(
        f"The head's weight_column {name!r} isn't a feature of "
        f"{examples.source}; {nearest(name, specs)}"
      )
  return {name: spec for name, spec in specs.items() if name not in weights}


def make_serving_input_fn(
  experiment,
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> Callable:
  """Returns the serving_input_receiver_fn of an experiment.

  Args:
    experiment: an `experiment.Experiment`.
    infos: of its modules.
    specs: type of each feature of one example, by name.
  """
  sizes = {}
  for application, signature, seen in _uses(experiment, infos, specs):
    sizes |= adapters.image_sizes(
      application.adapter,
      signature,
      seen,
      image_size=infos[application.module.name].image_size,
    )
  return serving.make_serving_input_fn(specs, image_sizes=sizes)


def _uses(experiment, infos, specs):
  """Yields each application, its signature, and the features that fill it."""
  for application in experiment.encoder.applications():
    signature = application.signature_of(infos[application.module.name])
    seen = application.select(specs)
    tokenizer = application.adapter.tokenizer
    if tokenizer is not None:
      seen = tokenizer.specs(seen, signature)
    yield application, signature, seen


def _metrics_named(experiment) -> list[tuple[str, str]]:
  """Returns (gin's name, metric) of each metric that the run goes by."""
  named = []
  if experiment.early_stopping is not None:
    named.append(("early_stopping.metric", experiment.early_stopping.metric))
  if "best" in experiment.exports.kinds:
    named.append(("exports.best_metric", experiment.exports.best_metric))
  return named


def _read(source, name: str) -> inputs.Examples:
  examples = source.read()
  if examples.labels is None:
    raise UserError(
      f"{name} ({examples.source}) has no labels; name their column."
    )
  # One batch is taken here, so that what the generator would stumble over in
  # step 1 is said now.
  examples.take(slice(0, 1))
  _warn_of_what_is_not_finite(examples)
  return examples


def _warn_of_what_is_not_finite(examples: inputs.Examples) -> None:
  """Tells of NaN and infinity; a module may know what to do with them."""
  for name, array in examples.features.items():
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
      continue
    bad = np.flatnonzero(
      np.concatenate(
        [
          ~np.isfinite(rows.reshape(len(rows), -1)).all(axis=1)
          for rows in (
            array[first : first + _CHUNK_ROWS]
            for first in range(0, len(array), _CHUNK_ROWS)
          )
        ]
      )
    )
    if len(bad):
      row = np.asarray(array[bad[0]]).ravel()
      _log.warning(
        "%s: %r of example %d is %s: %d of %d examples hold what isn't a finite "
        "number.",
        examples.source,
        name,
        bad[0],
        row[~np.isfinite(row)][0],
        len(bad),
        len(array),
      )


def _build(
  function, mode, input_fn, seed, kept=None, metrics=(), built=None
) -> tuple[dict[str, tuple[int, ...]], list[int]]:
  """Builds one graph, with metrics in it.

  Args:
    function: the model_fn.
    mode: one of `tf.estimator.ModeKeys`.
    input_fn: of data, or in PREDICT of serving.
    seed: of the graph.
    kept: the widths of modules' outputs that are computed before; None computes
      them in the graph.
    metrics: (gin's name, metric) that must be there.
    built: takes the graph where it is one of training.

  Returns:
    Shapes of the model's variables by name, and the width of each application's
    output.
  """

  def model_fn_with_outputs(features, labels, mode, config=None):
    del config
    for index, width in enumerate(kept or ()):
      features[encoders.output_key(index)] = tf.placeholder(
        tf.float32, [None, width]
      )
    with _telling_of_graph(mode):
      return function(features, labels, mode)

  if mode == estimator.ModeKeys.TRAIN:
    of_training = train_graph.build(model_fn_with_outputs, input_fn, seed=seed)
    built.append(of_training)
    graph, spec = of_training.graph, of_training.spec
  else:
    with tf.Graph().as_default() as graph:
      tf.set_random_seed(seed)
      tf.train.create_global_step()
      if mode == estimator.ModeKeys.PREDICT:
        features, labels = input_fn().features, None
      else:
        features, labels = tf.data.make_initializable_iterator(
          input_fn()
        ).get_next()
      spec = model_fn_with_outputs(features, labels, mode)
  with graph.as_default():
    known = {"loss", *(spec.eval_metric_ops or {})}
    for binding, metric in metrics:
      if metric not in known:
        raise UserError(f"{binding} {metric!r}: {nearest(metric, known)}")
    variables = {
      v.op.name: tuple(v.shape.as_list())
      for v in tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)
    }
    encoded = tf.get_collection(model_fn.ENCODED)
    return variables, [tensor.shape.as_list()[-1] for tensor in encoded]


@contextlib.contextmanager
def _telling_of_graph(mode: str) -> Iterator[None]:
  try:
    yield
  except UserError:
    raise
  except (TypeError, ValueError, tf.errors.OpError) as error:
    raise UserError(
      f"The {mode} graph can't be built: {type(error).__name__}: "
      f"{one_line(error)}"
    ) from error


def _keep_outputs(experiment, infos, parts, unseen):
  """Returns (the outputs of an experiment's modules, None), or (None, why not)."""
  if not experiment.cache_features:
    return None, None
  try:
    with _telling_of_graph(estimator.ModeKeys.PREDICT):
      outputs = feature_cache.Outputs(
        parts, experiment.encoder, infos, unseen=unseen
      )
  except feature_cache.NotKept as reason:
    return None, str(reason)
  return outputs, None


def _show(specs) -> str:
  return ", ".join(f"{name}: {spec}" for name, spec in specs.items())
