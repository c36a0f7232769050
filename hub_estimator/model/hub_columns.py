"""Hub's feature columns for canned estimators, with their modules exported.

Use them in a script of yours in place of `hub.text_embedding_column` and its
two siblings:

    column = hub_columns.text_embedding_column("text", handle, trainable=True)
    classifier = tf.estimator.DNNClassifier([16], feature_columns=[column])
    ...
    hub.LatestModuleExporter("module", serving_input_fn).export(...)

Canned estimators of version 2 never train Hub's own columns, whatever
`trainable` says; they train these. They still ignore a module's regularization
losses and its training variant, which a run applies: see `encoders.columns` for
features beside a module.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from hub_estimator.errors import UserError, one_line
from hub_estimator.modules import check_export_name, read_module_info
from hub_estimator.tensorflow_runtime import hub, tensorflow_internals, tf

_log = logging.getLogger(__name__)
_RESOURCE = "module"  # The name that Hub's columns use.


def text_embedding_column(
  key: str, handle: str, trainable: bool = False, *, export_name: str = "module"
) -> Any:
  """Returns `hub.text_embedding_column`, its module registered for export.

  Args:
    key: the feature, strings [batch] or [batch, 1].
    handle: of a module whose default signature takes strings [batch].
    trainable: whether training moves the module.
    export_name: directory of the exported module, inside its version.

  Raises:
    UserError: there is no such module, or it doesn't fit.
  """
  column = _make(hub.text_embedding_column, key, handle, trainable=trainable)
  return _registered(column, _Registered, export_name)


def sparse_text_embedding_column(
  key: str,
  handle: str,
  combiner: str,
  default_value: str | None,
  trainable: bool = False,
  *,
  export_name: str = "module",
) -> Any:
  """Returns `hub.sparse_text_embedding_column`, its module registered.

  Args:
    key: the feature, a SparseTensor of strings [batch, words].
    handle: of a module whose default signature takes strings [batch].
    combiner: how an example's words are combined: "sum", "mean" or "sqrtn".
    default_value: the word that stands in for an example without words; None
      adds no word.
    trainable: whether training moves the module.
    export_name: directory of the exported module, inside its version.

  Raises:
    UserError: there is no such module, or it doesn't fit.
  """
  column = _make(
    hub.sparse_text_embedding_column,
    key,
    handle,
    combiner=combiner,
    default_value=default_value,
    trainable=trainable,
  )
  return _registered(column, _RegisteredSparse, export_name)


def image_embedding_column(
  key: str,
  handle: str,
  image_size: Sequence[int] | None = None,
  *,
  export_name: str = "module",
) -> Any:
  """Returns `hub.image_embedding_column`, its module registered for export.

  Args:
    key: the feature, float32 [batch, height, width, 3], 0 to 1.
    handle: of a module whose default signature takes "images".
    image_size: (height, width) in pixels; None uses the module's.
    export_name: directory of the exported module, inside its version.

  Raises:
    UserError: there is no such module, or it doesn't fit.
  """
  size = None if image_size is None else tuple(image_size)
  column = _make(hub.image_embedding_column, key, handle, image_size=size)
  return _registered(column, _Registered, export_name)


class _Registered:
  """Registers a column's module for export; the base before a Hub column."""

  export_name: str

  def create_state(self, state_manager: Any) -> None:
    super().create_state(state_manager)  # type: ignore[misc]  # Hub's is next.
    module = state_manager.get_resource(self, _RESOURCE)
    hub.register_module_for_export(module, self.export_name)
    # Canned estimators of version 2 train only the variables of Keras layers.
    trained = {id(v) for v in tf.trainable_variables()}
    for variable in module.variables:
      if id(variable) in trained:
        tensorflow_internals.train_with_layer(state_manager, variable)


class _RegisteredSparse(_Registered):
  """The same for Hub's sparse column, which places its module when used."""

  module_spec: hub.ModuleSpec
  trainable: bool
  combiner: str
  default_value: str | None

  def create_state(self, state_manager: Any) -> None:
    trainable = tensorflow_internals.adds_trainable_variables(state_manager)
    module = hub.Module(
      self.module_spec, trainable=self.trainable and trainable
    )
    state_manager.add_resource(self, _RESOURCE, module)
    super().create_state(state_manager)

  def get_dense_tensor(
    self, transformation_cache: Any, state_manager: Any
  ) -> tf.Tensor:
    words = transformation_cache.get(self, state_manager)
    if self.default_value is not None:
      words = tf.sparse.fill_empty_rows(words, self.default_value)[0]
    module = state_manager.get_resource(self, _RESOURCE)
    places = tf.range(tf.size(words.values, out_type=tf.int64))
    return tf.nn.embedding_lookup_sparse(
      module(words.values),
      tf.SparseTensor(words.indices, places, words.dense_shape),
      None,
      combiner=self.combiner,
    )


def _make(
  make: Callable[..., Any], key: str, handle: str, **arguments: object
) -> Any:
  """Returns one of Hub's columns for a module.

  Args:
    make: makes the column from a key and a module spec.
    key: the feature.
    handle: of the module.
    **arguments: given to `make`.
  """
  info = read_module_info(handle)
  info.check_ops_registered()
  losses = info.variant().regularization_losses
  if arguments.get("trainable") and losses:
    _log.warning(
      "Module %r has %d regularization losses. Canned estimators leave them "
      "out; a run's training adds them.",
      handle,
      len(losses),
    )
  try:
    return make(key, info.spec, **arguments)
  except ValueError as error:
    raise UserError(
      f"Module {handle!r} doesn't fit {make.__name__}: {one_line(error)}"
    ) from error


def _registered(column: Any, kind: type, export_name: str) -> Any:
  """Returns a copy of a column whose class registers its module for export."""
  check_export_name(export_name)
  made = type(type(column).__name__, (kind, type(column)), {})(*column)
  made.export_name = export_name
  return made
