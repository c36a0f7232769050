"""Module + adapter + top + head + optimizer -> model_fn."""

from collections.abc import Callable
from typing import Any

from hub_estimator import adapters, modules, optimizers
from hub_estimator.module_info import ModuleInfo
from hub_estimator.tensorflow_runtime import estimator, tf

# Holds (PlacedModule, its inputs, its outputs) of each application. A tuple as
# key keeps it out of exported graphs.
APPLIED_MODULES = ("hub_estimator_applied_modules",)


def make_model_fn(
  info: ModuleInfo,
  source: modules.ModuleSource,
  *,
  adapter: adapters.Adapter,
  top: Any,
  head: Any,
  optimizer: Any,
  fine_tuning: optimizers.FineTuning,
) -> Callable[..., estimator.EstimatorSpec]:
  """Returns a `model_fn` for `tf.estimator.Estimator`.

  Args:
    info: what the module offers.
    source: how it is used.
    adapter: fits features to the module, and its output to the top.
    top: one of `tops`: builds the logits.
    head: one of `heads`.
    optimizer: one of `optimizers`.
    fine_tuning: how the module moves beside its head.

  The returned function takes (features, labels, mode, config), features a dict
  of tensors [batch, ...]. It raises UserError where a feature doesn't fit.
  """
  signature = info.signature(source.signature, source.inference_tags)
  output = info.output(source.signature, source.output, source.inference_tags)

  def model_fn(features, labels, mode, config=None):
    del config
    training = mode == estimator.ModeKeys.TRAIN
    placed = modules.place(info, source, mode=mode)
    inputs = adapters.build_module_inputs(
      adapter, signature, features, image_size=info.image_size
    )
    outputs, update_ops = placed.apply(inputs)
    tf.add_to_collection(APPLIED_MODULES, (placed, inputs, outputs))
    head_input = adapters.build_head_input(adapter, outputs[output])
    built = head.build()
    logits, top_losses = top.build(
      head_input, units=built.logits_dimension, training=training
    )
    _collect_model_variables()
    scale = fine_tuning.regularization_scale
    losses = [
      scale * loss for loss in (*placed.regularization_losses, *top_losses)
    ]

    def train_op_fn(loss):
      regularization = tf.add_n(losses) if losses else tf.constant(0.0)
      with tf.name_scope(None):  # Heads call this in a scope of their own.
        tf.summary.scalar("loss/data", loss - regularization)
        tf.summary.scalar("loss/regularization", regularization)
      of_module = placed.trainable_variables
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
      )

    spec = built.create_estimator_spec(
      features=features,
      mode=mode,
      logits=logits,
      labels=labels,
      train_op_fn=train_op_fn,
      regularization_losses=(losses or None) if training else None,
    )
    if not training and fine_tuning.average_decay is not None:
      names = _averaged_names(info, source)
      spec = spec._replace(scaffold=_restore_averages(names))
    return _serve_predictions(spec)

  return model_fn


def _averaged_names(info: ModuleInfo, source: modules.ModuleSource) -> set[str]:
  """Returns the names of the variables that training averages."""
  tags = modules.choose_tags(info, source, estimator.ModeKeys.TRAIN)
  names = {v.op.name for v in tf.trainable_variables()}
  if source.trainable:
    variables = info.variant(tags).variables
    names |= {f"{source.name}/{n}" for n, v in variables.items() if v.trainable}
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
