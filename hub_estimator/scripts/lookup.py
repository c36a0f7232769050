"""Tables of words of `tf.contrib.lookup`: TensorFlow still has them, unexported."""

from typing import Any

from hub_estimator.tensorflow_runtime.tensorflow_internals import lookup_ops

index_table_from_file = lookup_ops.index_table_from_file
index_to_string_table_from_file = lookup_ops.index_to_string_table_from_file


def index_table_from_tensor(mapping: Any, *args: Any, **kwargs: Any) -> Any:
  """Returns a table of the places of words in a list."""
  return lookup_ops.index_table_from_tensor(mapping, *args, **kwargs)


def index_to_string_table_from_tensor(
  mapping: Any, *args: Any, **kwargs: Any
) -> Any:
  """Returns a table of words by their places in a list."""
  return lookup_ops.index_to_string_table_from_tensor(mapping, *args, **kwargs)


SERVED = (
  "index_table_from_file",
  "index_table_from_tensor",
  "index_to_string_table_from_file",
  "index_to_string_table_from_tensor",
)
