"""Encoding for `heads.sequence`: a module's vector of each word or token."""

import dataclasses
from collections.abc import Mapping

from hub_estimator import heads, modules
from hub_estimator.errors import UserError
from hub_estimator.model import graph_modules, towers
from hub_estimator.model.application import Application
from hub_estimator.model.encoding import Encoded
from hub_estimator.model.graph_modules import AppliedModule
from hub_estimator.model.interface import Encoder
from hub_estimator.modules import ModuleInfo, PlacedModule, SignatureInfo
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import tf


def encode_tokens(
  infos: Mapping[str, ModuleInfo],
  encoder: Encoder,
  features: Mapping[str, tf.Tensor],
  *,
  mode: str,
  n_towers: int = 1,
) -> Encoded:
  """Adds the ops between the features and the input of `heads.sequence`.

  Args:
    infos: of the encoder's modules, by `module.name`.
    encoder: applies one module.
    features: tensors [batch, ...] by name.
    mode: one of `tf.estimator.ModeKeys`.
    n_towers: devices that share the batch.

  Returns:
    vectors [batch, tokens, width], zeros for tokens that the module didn't read.

  Raises:
    UserError: the encoder applies several modules, a feature is missing or doesn't
      fit, or the module's output isn't one vector for each token.
  """
  application = _only(encoder)
  info = infos[application.module.name]
  application = application.fitted(features, info)
  placed = modules.place(info, application.module, mode=mode)
  graph_modules.add_placed(placed)
  one = _Tokens(application, info, placed, mode)
  built = towers.build(one.build, features, n_towers)
  vectors, read, lengths = (
    parts[0] if len(parts) == 1 else tf.concat(parts, axis=0)
    for parts in zip(*[found for found, _ in built], strict=True)
  )
  # Update ops of one tower: each would move batch norm's averages once.
  return Encoded(
    vectors,
    [placed],
    built[0][1],
    {heads.TOKENS_READ: read, heads.LENGTH: lengths},
  )


def _only(encoder: Encoder) -> Application:
  applications = encoder.applications()
  if len(applications) != 1:
    raise UserError(
      f"heads.sequence reads the tokens of one module; run.encoder applies "
      f"{len(applications)}."
    )
  return applications[0]


@dataclasses.dataclass(frozen=True)
class _Tokens:
  """One module, applied to the parts of a batch."""

  application: Application
  info: ModuleInfo
  placed: PlacedModule
  mode: str

  def build(
    self, features: Mapping[str, tf.Tensor]
  ) -> tuple[tuple[tf.Tensor, tf.Tensor, tf.Tensor], list[tf.Operation]]:
    """Returns ((vectors, which were read, how many there are), update ops)."""
    inputs, words = self.application.build_word_inputs(
      features, self.info, mode=self.mode
    )
    outputs, update_ops = self.placed.apply(inputs)
    name = self.application.output_of(self.info)
    applied = AppliedModule(self.placed, inputs, outputs, {name})
    graph_modules.add_applied(applied)
    vectors = self._checked(name, outputs[name])
    if words is None:
      read = given = self._given(inputs, vectors)
    else:
      read, given = words.firsts >= 0, tf.not_equal(words.texts, "")
      places = tf.maximum(words.firsts, 0)
      vectors = tf.gather(vectors, places, batch_dims=1)
    # Padding is replaced, not multiplied by 0: a module may compute NaN there.
    vectors = tf.where_v2(
      read[:, :, tf.newaxis], vectors, tf.zeros_like(vectors)
    )
    return (vectors, read, _lengths(given)), update_ops

  def _given(
    self, inputs: Mapping[str, tf.Tensor], vectors: tf.Tensor
  ) -> tf.Tensor:
    """Returns which tokens aren't padding, bool [batch, tokens]."""
    signature = self._signature
    mask = adapters.find_token_mask(self.application.adapter, signature)
    if mask is None:
      taken = ", ".join(f"{n} {t}" for n, t in signature.inputs.items())
      raise UserError(
        "heads.sequence needs an input of the module that tells tokens from padding; "
        f"this signature takes: {taken}. Set adapter.mask to the input that is 0 or "
        "'' for padding or counts the tokens."
      )
    return adapters.build_mask(mask, inputs[mask.name], vectors)

  def _checked(self, name: str, output: tf.Tensor) -> tf.Tensor:
    """Returns an output as float32, if it has one vector for each token."""
    if output.shape.rank == 3 and output.shape[-1] is not None:
      return tf.cast(output, tf.float32)
    others = [
      f"module.output = {other!r}"
      for other, tensor in sorted(self._signature.outputs.items())
      if tensor.shape is not None and len(tensor.shape) == 3
    ]
    raise UserError(
      f"heads.sequence reads a vector for each token, [batch, tokens, width]; the "
      f"module's output {name!r} has shape {output.shape}. "
      + (f"Set {' or '.join(others)}." if others else "It has no such output.")
    )

  @property
  def _signature(self) -> SignatureInfo:
    return self.application.signature_of(self.info)


def _lengths(given: tf.Tensor) -> tf.Tensor:
  """Returns how many tokens each example has, int64 [batch]."""
  places = tf.range(1, tf.shape(given, out_type=tf.int64)[1] + 1)
  return tf.reduce_max(tf.where_v2(given, places, 0), axis=1)
