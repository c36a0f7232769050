"""A module that doesn't exist yet: a module_fn in place of a handle."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gin

from hub_estimator.errors import UserError, one_line
from hub_estimator.tensorflow_runtime import hub, tf


@gin.register("new_module", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class NewModule:
  """Takes a handle's place: trained from its own initialisers, then exported.

  Attributes:
    module_fn: calls `hub.add_signature`; in gin it is passed uncalled, as
      `@my_module_fn`.
    variants: [(tags, arguments of module_fn), …]; None is one variant without
      tags or arguments.
    seed: of initialisers that have none of their own.
  """

  module_fn: Callable
  variants: Sequence[tuple[Sequence[str], Mapping[str, Any]]] | None = None
  seed: int = 1

  def __post_init__(self):
    if not callable(self.module_fn):
      raise UserError(
        f"new_module.module_fn is {self.module_fn!r}; it is a function, passed "
        "uncalled: @my_module_fn."
      )
    for tags, _ in self.variants or ():
      if isinstance(tags, str):
        raise UserError(
          f"new_module.variants has the tags {tags!r}; they are a list: "
          f"[{tags!r}]."
        )

  def __str__(self) -> str:
    name = getattr(self.module_fn, "__qualname__", repr(self.module_fn))
    return f"new_module {name}"

  def make_spec(self):
    """Returns the `hub.ModuleSpec`, which has no checkpoint.

    Raises:
      UserError: module_fn fails, or Hub refuses what it made.
    """

    def seeded(**arguments):
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
    except Exception as error:  # Whatever a user's function raises.
      raise UserError(
        f"{self} can't be built: {type(error).__name__}: {one_line(error)}"
      ) from error
