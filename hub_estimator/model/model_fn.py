"""The `model_fn`: encoder, top, head and optimizer as Estimator calls them."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from hub_estimator import heads, optimizers
from hub_estimator.model.averaged_weights import restore_averages
from hub_estimator.model.encoding import Encoded, encode
from hub_estimator.model.evaluated_loss import add_loss
from hub_estimator.model.finite_logits import require_finite
from hub_estimator.model.interface import Encoder, HeadInput, Metric, Top
from hub_estimator.model.logits import build_logits
from hub_estimator.model.measuring import add_metrics
from hub_estimator.model.model_variables import collect_model_variables
from hub_estimator.model.predictions import serve_predictions
from hub_estimator.model.regularization import build_losses
from hub_estimator.model.token_encoding import encode_tokens
from hub_estimator.model.training_step import build_training_step
from hub_estimator.modules import ModuleInfo
from hub_estimator.tensorflow_runtime import estimator, tf

_Tensors = Mapping[str, tf.Tensor]


def make_model_fn(
  infos: Mapping[str, ModuleInfo],
  encoder: Encoder,
  *,
  top: Top,
  head: heads.Head,
  optimizer: optimizers.Optimizer,
  fine_tuning: optimizers.FineTuning,
  metrics: Sequence[Metric] = (),
  rate_scale: float = 1.0,
  n_towers: int = 1,
  max_steps: int | None = None,
) -> Callable[..., estimator.EstimatorSpec]:
  """Returns a `model_fn` for `tf.estimator.Estimator`.

  The function takes (features, labels, mode, config), where features is a dict
  of tensors [batch, ...]. It raises a UserError if a feature doesn't fit.

  Args:
    infos: descriptions of the encoder's modules, by `module.name`.
    encoder: one of `encoders`: which modules are applied to which features.
    top: one of `tops`: computes the logits. It is built once for each head that
      has an input of its own.
    head: one of `heads`.
    optimizer: one of `optimizers`.
    fine_tuning: how the modules move beside the head.
    metrics: evaluated beside the head's own; each one of `metrics`.
    rate_scale: multiplies the optimizer's learning rate.
    n_towers: devices that share a training batch.
    max_steps: the step at which accumulated gradients that are left move the
      variables; None keeps them for later steps.
  """
  model = _Model(
    infos,
    encoder,
    top,
    head,
    optimizer,
    fine_tuning,
    metrics,
    rate_scale,
    n_towers,
    max_steps,
  )

  def model_fn(
    features: _Tensors,
    labels: tf.Tensor | _Tensors | None,
    mode: str,
    config: estimator.RunConfig | None = None,
  ) -> estimator.EstimatorSpec:
    del config
    return model.build_spec(features, labels, mode)

  return model_fn


@dataclasses.dataclass(frozen=True)
class _Model:
  """The parts of a model; see `make_model_fn`."""

  infos: Mapping[str, ModuleInfo]
  encoder: Encoder
  top: Top
  head: heads.Head
  optimizer: optimizers.Optimizer
  fine_tuning: optimizers.FineTuning
  metrics: Sequence[Metric]
  rate_scale: float
  n_towers: int
  max_steps: int | None

  def build_spec(
    self, features: _Tensors, labels: tf.Tensor | _Tensors | None, mode: str
  ) -> estimator.EstimatorSpec:
    """Adds the graph of one mode and returns its spec."""
    training = mode == estimator.ModeKeys.TRAIN
    encoded = self._encode(features, mode)
    features = {**features, **encoded.tokens}
    head = self._build_head(labels)
    logits, top_losses = build_logits(
      self.top, encoded.head_input, head, training=training
    )
    collect_model_variables()
    if mode == estimator.ModeKeys.EVAL:
      logits = require_finite(logits)
    losses = build_losses(
      self.fine_tuning, encoded.placed, top_losses, training=training
    )
    spec = head.create_estimator_spec(
      features=features,
      mode=mode,
      logits=logits,
      labels=labels,
      train_op_fn=lambda loss: build_training_step(
        self.optimizer,
        self.fine_tuning,
        loss=loss,
        losses=losses,
        placed=encoded.placed,
        update_ops=encoded.update_ops,
        rate_scale=self.rate_scale,
        max_steps=self.max_steps,
        # Each gradient is computed on the device of its op.
        colocate_gradients=self.n_towers > 1,
      ),
      regularization_losses=(losses or None) if training else None,
    )
    if mode == estimator.ModeKeys.EVAL:
      spec = self._measure(spec, head, logits, features, labels)
    if not training and self.fine_tuning.average_decay is not None:
      spec = spec._replace(scaffold=restore_averages(self.infos, self.encoder))
    return serve_predictions(spec)

  def _encode(self, features: _Tensors, mode: str) -> Encoded:
    """Encodes all features but the weights of examples."""
    weights = heads.weight_columns(self.head)
    build = encode_tokens if heads.labels_tokens(self.head) else encode
    return build(
      self.infos,
      self.encoder,
      {name: x for name, x in features.items() if name not in weights},
      mode=mode,
      n_towers=self.n_towers if mode == estimator.ModeKeys.TRAIN else 1,
    )

  def _measure(
    self,
    spec: estimator.EstimatorSpec,
    built: estimator.Head,
    logits: HeadInput,
    features: _Tensors,
    labels: tf.Tensor | _Tensors,
  ) -> estimator.EstimatorSpec:
    if self.metrics:
      if isinstance(built, heads.TokenHead):
        labels = built.flat_labels(features, logits, labels)
      spec = add_metrics(
        spec, self.metrics, head=self.head, features=features, labels=labels
      )
    return add_loss(
      spec,
      head=self.head,
      built=built,
      logits=logits,
      features=features,
      labels=labels,
    )

  def _build_head(self, labels: tf.Tensor | _Tensors | None) -> estimator.Head:
    head = self.head
    if labels is not None:
      head = heads.without_vocabulary(head, labels)
    return head.build()
