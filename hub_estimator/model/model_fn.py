"""Encoder + top + head + optimizer -> model_fn."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub_estimator import heads, modules, optimizers
from hub_estimator.errors import UserError
from hub_estimator.model import encoders, towers
from hub_estimator.modules import ModuleInfo
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import estimator, tf

# Holds (PlacedModule, its inputs, its outputs) of each application. A tuple as
# key keeps it out of exported graphs.
APPLIED_MODULES = ("hub_estimator_applied_modules",)
# Holds what the encoder combines, float32 [batch, width], of each application.
ENCODED = ("hub_estimator_encoded",)


def make_model_fn(
  infos: Mapping[str, ModuleInfo],
  encoder: Any,
  *,
  top: Any,
  head: Any,
  optimizer: Any,
  fine_tuning: optimizers.FineTuning,
  metrics: Sequence[Any] = (),
  rate_scale: float = 1.0,
  n_towers: int = 1,
) -> Callable[..., estimator.EstimatorSpec]:
  """Returns a `model_fn` for `tf.estimator.Estimator`.

  Args:
    infos: what the modules offer, by `module.name`.
    encoder: one of `encoders`: which modules are applied to what.
    top: one of `tops`: builds the logits; applied once for each head that has
      an input of its own.
    head: one of `heads`.
    optimizer: one of `optimizers`.
    fine_tuning: how the modules move beside the head.
    metrics: of evaluation, beside the head's own; each one of `metrics`.
    rate_scale: of the optimizer's learning rate.
    n_towers: devices that share a batch of training.

  The returned function takes (features, labels, mode, config), features a dict
  of tensors [batch, ...]. It raises UserError where a feature doesn't fit.
  """
  weight_columns = heads.weight_columns(head)

  def model_fn(features, labels, mode, config=None):
    del config
    training = mode == estimator.ModeKeys.TRAIN
    placed, encoded, update_ops = _encode(
      infos,
      encoder,
      {k: v for k, v in features.items() if k not in weight_columns},
      mode,
      n_towers if training else 1,
    )
    built = (
      heads.without_vocabulary(head, labels) if training else head
    ).build()
    logits, top_losses = _build_logits(top, encoded, built, training)
    _collect_model_variables()
    scale = fine_tuning.regularization_scale
    losses = [
      scale * loss
      for loss in (
        *(loss for p in placed for loss in p.regularization_losses),
        *top_losses,
      )
    ]
    if training and fine_tuning.l2_sp:
      losses.append(fine_tuning.l2_sp * _build_l2_sp(placed))

    def train_op_fn(loss):
      regularization = tf.add_n(losses) if losses else tf.constant(0.0)
      with tf.name_scope(None):  # Heads call this in a scope of their own.
        tf.summary.scalar("loss/data", loss - regularization)
        tf.summary.scalar("loss/regularization", regularization)
      of_module = [v for p in placed for v in p.trainable_variables]
      module_ids = {id(v) for v in of_module}
      return optimizers.build_train_op(
        optimizer,
        fine_tuning,
        loss=loss,
        module_variables=of_module,
        head_variables=[
          v for v in tf.trainable_variables() if id(v) not in module_ids
        ],
        update_ops=update_ops,
        rate_scale=rate_scale,
        # Gradients are computed where what they belong to was.
        colocate_gradients=n_towers > 1,
      )

    spec = built.create_estimator_spec(
      features=features,
      mode=mode,
      logits=logits,
      labels=labels,
      train_op_fn=train_op_fn,
      regularization_losses=(losses or None) if training else None,
    )
    if mode == estimator.ModeKeys.EVAL and metrics:
      spec = _with_metrics(spec, metrics, head, features, labels)
    if not training and fine_tuning.average_decay is not None:
      names = _averaged_names(infos, encoder)
      spec = spec._replace(scaffold=_restore_averages(names))
    return _serve_predictions(spec)

  return model_fn


def _encode(infos, encoder, features, mode, n_towers):
  """Returns (placed modules, the head's input, update ops).

  Outputs that were computed before are taken from the features. The checkpoints of
  training hold the modules' variables all the same.
  """
  applications = encoder.applications()
  kept = all(
    encoders.output_key(i) in features for i in range(len(applications))
  )
  sources = encoders.sources(encoder)
  placed = {}
  if not kept:
    placed = {
      name: modules.place(infos[name], source, mode=mode)
      for name, source in sources.items()
    }
  elif mode == estimator.ModeKeys.TRAIN:
    with tf.init_scope():  # Once, where steps are a loop.
      for name, source in sources.items():
        modules.store_variables(infos[name], source, mode=mode)
  applied = {}
  update_ops = []
  tensors = []
  for index, application in enumerate(applications):
    if encoders.output_key(index) in features:
      tensors.append(features[encoders.output_key(index)])
      continue
    source, adapter = application.module, application.adapter
    info = infos[source.name]
    key = (source.name, repr(adapter), application.features)
    if key not in applied:

      def apply(part, application=application, info=info):
        inputs = application.build_inputs(part, info, mode=mode)
        outputs, ops = placed[application.module.name].apply(inputs)
        tf.add_to_collection(
          APPLIED_MODULES, (placed[application.module.name], inputs, outputs)
        )
        return outputs, ops

      built = towers.build(apply, features, n_towers)
      applied[key] = [outputs for outputs, _ in built]
      # Of one tower: batch norm's averages would move once for each otherwise.
      update_ops += built[0][1]
    name = application.output_of(info)
    parts = [outputs[name] for outputs in applied[key]]
    output = parts[0] if n_towers == 1 else tf.concat(parts, axis=0)
    tensors.append(adapters.build_head_input(adapter, output))
  for tensor in tensors:
    tf.add_to_collection(ENCODED, tensor)
  return list(placed.values()), encoder.combine(tensors, features), update_ops


def _build_logits(top, encoded, built, training):
  """Returns (logits, losses of the top); for several heads, logits by head."""
  if not isinstance(encoded, Mapping):
    return top.build(encoded, units=built.logits_dimension, training=training)
  units = heads.logits_dimensions(built)
  if set(units) != set(encoded):
    raise UserError(
      f"The encoder gives outputs for the heads {', '.join(sorted(encoded))}; "
      f"run.head has: {', '.join(sorted(units)) or 'one without a name'}."
    )
  logits, losses = {}, []
  for name, tensor in encoded.items():
    with tf.variable_scope(name):
      logits[name], of_top = top.build(
        tensor, units=units[name], training=training
      )
    losses += of_top
  return logits, losses


def placed_modules() -> list[modules.PlacedModule]:
  """Returns those of the current graph, each once."""
  return list(
    {
      placed.source.name: placed
      for placed, _, _ in tf.get_collection(APPLIED_MODULES)
    }.values()
  )


def prediction_names(predictions: Mapping) -> dict[str, tf.Tensor]:
  """Returns predictions by the names that an exported model gives them.

  Several heads have (head, key) for a name, and "head/key" where exported.
  """
  return {
    key if isinstance(key, str) else "/".join(key): tensor
    for key, tensor in predictions.items()
  }


def _with_metrics(spec, metrics, head, features, labels):
  """Returns the spec with further metrics in it.

  Raises:
    UserError: the head has no classes, or a metric of that name.
  """
  if not {"probabilities", "class_ids"} <= set(spec.predictions):
    raise UserError(
      "run.metrics need a head of classes, heads.binary or heads.multi_class; "
      f"run.head is {head!r}."
    )
  (weight,) = heads.weight_columns(head) or (None,)
  weights = weight and tf.reshape(tf.cast(features[weight], tf.float32), [-1])
  labels = heads.build_class_ids(head, labels)
  added = {}
  for metric in metrics:
    for name, value in metric.build(labels, spec.predictions, weights).items():
      if name in added or name in spec.eval_metric_ops:
        raise UserError(f"run.metrics has two metrics of the name {name!r}.")
      added[name] = value
  return spec._replace(eval_metric_ops={**spec.eval_metric_ops, **added})


def _averaged_names(infos, encoder) -> set[str]:
  """Returns the names of the variables that training averages."""
  names = {v.op.name for v in tf.trainable_variables()}
  for source in encoders.sources(encoder).values():
    if source.trainable:
      info = infos[source.name]
      tags = modules.choose_tags(info, source, estimator.ModeKeys.TRAIN)
      variables = info.variant(tags).variables
      names |= {
        f"{source.name}/{n}" for n, v in variables.items() if v.trainable
      }
  return names


def _restore_averages(names: set[str]) -> tf.train.Scaffold:
  """Returns a scaffold that restores averages in place of those variables."""
  return tf.train.Scaffold(
    saver=tf.train.Saver(
      {
        optimizers.average_name(v.op.name)
        if v.op.name in names
        else v.op.name: v
        for v in tf.global_variables()
      }
    )
  )


def _collect_model_variables() -> None:
  """Adds all variables so far to MODEL_VARIABLES, as their name promises.

  Modules leave out those that aren't trained, batch-norm statistics among them.
  """
  collected = {id(v) for v in tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)}
  step = tf.train.get_global_step()
  for variable in tf.global_variables():
    if id(variable) not in collected and variable is not step:
      tf.add_to_collection(tf.GraphKeys.MODEL_VARIABLES, variable)


def _build_l2_sp(placed) -> tf.Tensor:
  """Returns half the squared distance of modules from their pretrained values.

  Those are kept as variables of their own: a constant would hit the bound of
  2 GB a graph, and a resumed run must not take the trained values for them.
  """
  distances = [tf.constant(0.0)]
  for variable in [v for p in placed for v in p.trainable_variables]:
    pretrained = tf.get_variable(
      f"pretrained/{variable.op.name}",
      initializer=variable.initial_value,
      trainable=False,
      use_resource=True,
    )
    distances.append(tf.nn.l2_loss(variable - pretrained))
  return tf.add_n(distances)


def _serve_predictions(spec):
  """Makes `serving_default` the predictions.

  The heads' own default is a classification or regression over serialized
  examples, which Estimator leaves out where features are fed one by one.
  """
  if not spec.export_outputs:
    return spec
  outputs = dict(spec.export_outputs)
  outputs["serving_default"] = outputs["predict"]
  return spec._replace(export_outputs=outputs)
