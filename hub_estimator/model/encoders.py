"""Features -> head input, through one module or several.

An encoder says which modules are applied to what, and what becomes of their
outputs. It is plain data until `combine` adds ops; `model_fn` does the placing
and applying. One of yours is any object with `applications()` and `combine()`.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import gin

from hub_estimator.errors import UserError, nearest
from hub_estimator.model import feature_columns
from hub_estimator.modules import ModuleInfo, ModuleSource, SignatureInfo
from hub_estimator.preprocessing import Adapter, build_module_inputs
from hub_estimator.tensorflow_runtime import tf

HeadInput = tf.Tensor | Mapping[str, tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Application:
  """One use of a module.

  Attributes:
    module: which; equal ones share their variables.
    adapter: fits features to it, and its output to what follows.
    features: the only ones that it sees; None means all of the data.
    output: the one that is read; None leaves it to `module.output`.
  """

  module: ModuleSource
  adapter: Adapter
  features: tuple[str, ...] | None = None
  output: str | None = None

  def signature_of(self, info: ModuleInfo) -> SignatureInfo:
    """Returns the signature that is applied.

    Raises:
      UserError: the module has none by that name.
    """
    return info.signature(self.module.signature, self.module.inference_tags)

  def output_of(self, info: ModuleInfo) -> str:
    """Returns the name of the output that is read.

    Raises:
      UserError: there is no such signature or output.
    """
    return info.output(
      self.module.signature,
      self.output or self.module.output,
      self.module.inference_tags,
    )

  def select(self, features: Mapping) -> dict:
    """Returns the features that it sees.

    Raises:
      UserError: it names one that the data doesn't have.
    """
    for name in self.features or ():
      if name not in features:
        raise UserError(
          f"The encoder names the feature {name!r}; {nearest(name, features)}"
        )
    names = features if self.features is None else self.features
    return {name: features[name] for name in names}

  def build_inputs(
    self, features: Mapping[str, tf.Tensor], info: ModuleInfo, *, mode: str
  ) -> dict[str, tf.Tensor]:
    """Adds the ops that make the signature's inputs of the data's features.

    Args:
      features: [batch, ...] by name.
      info: of the module.
      mode: one of `tf.estimator.ModeKeys`.

    Raises:
      UserError: a feature is missing or doesn't fit.
    """
    signature = self.signature_of(info)
    seen = self.select(features)
    if self.adapter.tokenizer is not None:
      seen = self.adapter.tokenizer.build(seen, signature, info)
    return build_module_inputs(
      self.adapter, signature, seen, image_size=info.image_size, mode=mode
    )


@gin.register("encoder", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Encoder:
  """One module.

  Attributes:
    module: which, and how it is used.
    adapter: fits features to it, and its output to the head.
  """

  module: ModuleSource
  adapter: Adapter = Adapter()

  def applications(self) -> list[Application]:
    """Returns what is applied, in the order that `combine` takes it."""
    return [Application(self.module, self.adapter)]

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> HeadInput:
    """Returns the head's input.

    Args:
      outputs: float32 [batch, width], one for each application.
      features: all of the data's, [batch, ...].

    Returns:
      float32 [batch, width], or one of these by head.
    """
    del features
    (output,) = outputs
    return output


@gin.register("concat", module="encoders")
@dataclasses.dataclass(frozen=True)
class Concat:
  """Several encoders side by side: their outputs joined to one wide one.

  Attributes:
    encoders: in order. Each module has a `module.name` of its own, or is the
      same module, and then shares its variables.
  """

  encoders: Sequence

  def __post_init__(self):
    if isinstance(self.encoders, str) or not self.encoders:
      raise UserError(
        f"concat.encoders is {self.encoders!r}; it is a list of encoders."
      )

  def applications(self) -> list[Application]:
    return [a for e in self.encoders for a in e.applications()]

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> tf.Tensor:
    outputs = iter(outputs)
    return tf.concat(
      [
        e.combine([next(outputs) for _ in e.applications()], features)
        for e in self.encoders
      ],
      axis=1,
    )


@gin.register("columns", module="encoders")
@dataclasses.dataclass(frozen=True)
class Columns:
  """Features as they are, without a module: to stand beside one in `concat`.

  A linear or MLP top on `concat` of modules and columns is what tf.estimator's
  LinearEstimator and DNNEstimator are on the same feature columns.

  Attributes:
    columns: each one of `columns`.
  """

  columns: Sequence[Any]

  def __post_init__(self):
    if isinstance(self.columns, str) or not self.columns:
      raise UserError(
        f"encoders.columns.columns is {self.columns!r}; it is a list of columns, "
        "called: [@columns.<name>()]."
      )
    for column in self.columns:
      if isinstance(column, type) or not hasattr(column, "build"):
        raise UserError(
          f"encoders.columns.columns has {column!r}; it is a list of columns, "
          "called: [@columns.<name>()]."
        )

  def applications(self) -> list[Application]:
    return []

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> tf.Tensor:
    del outputs
    return feature_columns.build_dense(self.columns, features)


_COMBINATIONS = {
  "left": lambda left, right: left,
  "right": lambda left, right: right,
  "difference": lambda left, right: left - right,
  "absolute_difference": lambda left, right: tf.abs(left - right),
  "product": lambda left, right: left * right,
  "dot": lambda left, right: tf.reduce_sum(left * right, 1, keepdims=True),
  "cosine": lambda left, right: tf.reduce_sum(
    tf.math.l2_normalize(left, 1) * tf.math.l2_normalize(right, 1),
    1,
    keepdims=True,
  ),
}


@gin.register("towers", module="encoders")
@dataclasses.dataclass(frozen=True)
class Towers:
  """One module applied to two features, its variables shared.

  Attributes:
    module: which; its signature takes one input.
    left: the feature of the first tower.
    right: of the second.
    combine_by: what the head sees, joined in this order: "left", "right",
      "difference", "absolute_difference" and "product" are as wide as the
      module's output, "dot" and "cosine" one number.
    adapter: fits features to the module, and its output.
  """

  module: ModuleSource
  left: str
  right: str
  combine_by: Sequence[str] = ("absolute_difference", "product")
  adapter: Adapter = Adapter()

  def __post_init__(self):
    if isinstance(self.combine_by, str) or not self.combine_by:
      raise UserError(
        f"towers.combine_by is a list: write [{self.combine_by!r}]."
      )
    for name in self.combine_by:
      if name not in _COMBINATIONS:
        raise UserError(
          f"towers.combine_by has {name!r}: {nearest(name, _COMBINATIONS)}"
        )

  def applications(self) -> list[Application]:
    return [
      Application(self.module, self.adapter, features=(name,))
      for name in (self.left, self.right)
    ]

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> tf.Tensor:
    del features
    left, right = outputs
    return tf.concat(
      [_COMBINATIONS[name](left, right) for name in self.combine_by], axis=1
    )


@gin.register("taps", module="encoders")
@dataclasses.dataclass(frozen=True)
class Taps:
  """Several outputs of one application, each for a head of `heads.multi`.

  Attributes:
    module: which; its own `output` is not read.
    outputs: the signature's output by the head's name.
    adapter: fits features to the module, and its outputs to the heads.
  """

  module: ModuleSource
  outputs: Mapping[str, str]
  adapter: Adapter = Adapter()

  def applications(self) -> list[Application]:
    return [
      Application(self.module, self.adapter, output=output)
      for output in self.outputs.values()
    ]

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> dict[str, tf.Tensor]:
    del features
    return dict(zip(self.outputs, outputs, strict=True))


def output_key(index: int) -> str:
  """Returns the feature that holds an application's output, computed before.

  Args:
    index: of the application, in the order of `applications()`.
  """
  return f"hub_estimator_output_{index}"


def holds_outputs(features: Mapping) -> bool:
  """Returns whether features hold outputs of modules, in place of what they read."""
  return output_key(0) in features


def sources(encoder) -> dict[str, ModuleSource]:
  """Returns the modules of an encoder by their names.

  Raises:
    UserError: two different ones have one name or one export name.
  """
  found = {}
  for application in encoder.applications():
    source = application.module
    if found.setdefault(source.name, source) != source:
      raise UserError(
        f"Two modules, {str(found[source.name].handle)!r} and "
        f"{str(source.handle)!r}, have the module.name {source.name!r}; give "
        "each its own."
      )
  exported = {}
  for source in found.values():
    if source.export_name is None:
      continue
    other = exported.setdefault(source.export_name, source.name)
    if other != source.name:
      raise UserError(
        f"Modules {other!r} and {source.name!r} have the module.export_name "
        f"{source.export_name!r}; give each its own, or None."
      )
  return found
