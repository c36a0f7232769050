"""A new module: a module_fn in place of a handle."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gin

from hub_estimator.errors import UserError, one_line
from hub_estimator.tensorflow_runtime import hub, tf


@gin.register("new_module", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class NewModule:
  """Defines a module in Python; a run trains it from its initializers.

  Pass it in place of a handle. The exported module has a handle like any other.

  Attributes:
    module_fn: a function that calls `hub.add_signature`. In gin, pass it
      uncalled: `@my_module_fn`.
    variants: [(tags, arguments of module_fn), …]; None means one variant without
      tags or arguments.
    seed: for initializers without a seed of their own.
  """

  module_fn: Callable[..., object]
  variants: Sequence[tuple[Sequence[str], Mapping[str, Any]]] | None = None
  seed: int = 1

  def __post_init__(self) -> None:
    if not callable(self.module_fn):
      raise UserError(
        f"new_module.module_fn is {self.module_fn!r}; it must be a function, "
        "passed uncalled: @my_module_fn."
      )
    for tags, _ in self.variants or ():
      if isinstance(tags, str):
        raise UserError(
          f"new_module.variants has the tags {tags!r}; tags must be a list: "
          f"[{tags!r}]."
        )

  def __str__(self) -> str:
    name = getattr(self.module_fn, "__qualname__", repr(self.module_fn))
    return f"new_module {name}"

  def make_spec(self) -> hub.ModuleSpec:
    """Returns the `hub.ModuleSpec`, which has no checkpoint.

    Raises:
      UserError: module_fn fails, or Hub refuses its graph.
    """

    def seeded(**arguments: Any) -> None:
      tf.set_random_seed(self.seed)
      self.module_fn(**arguments)

    variants = self.variants
    try:
      return hub.create_module_spec(
        seeded,
        tags_and_args=None
        if variants is None
        else [(set(tags), dict(arguments)) for tags, arguments in variants],
      )
    except Exception as error:  # A user's function may raise anything.
      raise UserError(
        f"{self} can't be built: {type(error).__name__}: {one_line(error)}"
      ) from error
