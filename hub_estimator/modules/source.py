"""The source of a module: what a run says about the module that it uses."""

import dataclasses
from collections.abc import Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.modules.new_modules import NewModule


@gin.register("module", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class ModuleSource:
  """Names a module and says how to use it.

  Attributes:
    handle: a directory, archive, URL, bucket, short name, or the model_dir of a
      run or a sweep (see `handles`); or a `new_module`, which is trained from
      its initializers.
    signature: the signature to apply.
    output: the output that the head reads; None means "default", or the
      signature's only output.
    trainable: whether fine-tuning changes the module's variables.
    tags: the tags of the variant for training. None means: if the module is
      trainable, the variant whose tags contain "train", if there is one; else
      the variant of `inference_tags`.
    inference_tags: the tags of the variant for evaluation, prediction and export.
    name: the variable scope, the same in all modes.
    export_name: the directory of the exported module below its version; None
      exports no module.
  """

  handle: str | NewModule
  signature: str = "default"
  output: str | None = None
  trainable: bool = True
  tags: Sequence[str] | None = None
  inference_tags: Sequence[str] = ()
  name: str = "module"
  export_name: str | None = "module"

  def __post_init__(self) -> None:
    for field, optional in (
      ("signature", False),
      ("output", True),
      ("name", False),
      ("export_name", True),
    ):
      value = getattr(self, field)
      if not (isinstance(value, str) or (optional and value is None)):
        raise UserError(
          f"module.{field} is {value!r}; it must be a name"
          + (" or None." if optional else ".")
        )
    if not isinstance(self.trainable, bool):
      raise UserError(
        f"module.trainable is {self.trainable!r}; it must be True or False."
      )
    for field in ("tags", "inference_tags"):
      value = getattr(self, field)
      if isinstance(value, str):
        raise UserError(
          f"module.{field} is the string {value!r}; it must be a list of tags: "
          f"write [{value!r}]."
        )
    if self.export_name is not None:
      check_export_name(self.export_name)


def check_export_name(name: str) -> None:
  """Checks that a module's export stays inside the directory of its version.

  Args:
    name: a relative path, with `/` or `\\` between its parts.

  Raises:
    UserError: `name` is empty or absolute, or has a part that is empty, "." or
      "..".
  """
  parts = name.replace("\\", "/").split("/")
  if (
    not name or name.startswith("/") or any(p in ("", ".", "..") for p in parts)
  ):
    raise UserError(
      f"module.export_name {name!r} escapes the export directory; use a "
      "relative name such as 'module' or 'text/encoder'."
    )
