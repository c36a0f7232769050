"""Which outputs may be kept: those that are provably the same each time."""

from collections.abc import Collection, Mapping

from hub_estimator import modules
from hub_estimator.model import Application, Encoder, encoders
from hub_estimator.modules import ModuleInfo
from hub_estimator.preprocessing import Adapter, tokenizers


class NotKept(Exception):
  """Outputs aren't provably the same each time; the message says why."""


def check_keepable(encoder: Encoder, infos: Mapping[str, ModuleInfo]) -> None:
  """Checks everything about an encoder's outputs that needs no graph.

  Args:
    encoder: applies the modules.
    infos: of the modules, by `module.name`.

  Raises:
    NotKept: there are no outputs, or they may differ from one run to the next.
  """
  applications = encoder.applications()
  if not applications:
    raise NotKept("there is no module")
  if not encoders.is_known(encoder):
    raise NotKept(
      f"{type(encoder).__name__} isn't one of this package's encoders"
    )
  for application in applications:
    name = application.module.name
    for reason, holds in _reasons(application, infos[name]).items():
      if holds:
        raise NotKept(f"module {name!r} {reason}")


def check_own_weights(
  encoder: Encoder,
  infos: Mapping[str, ModuleInfo],
  checkpoint: str,
  taken: Collection[str],
) -> None:
  """Checks that training starts with the weights that come with the modules.

  Args:
    encoder: applies the modules.
    infos: of the modules, by `module.name`.
    checkpoint: the one that training starts from.
    taken: names of the variables that are read from it.

  Raises:
    NotKept: a module starts with other weights.
  """
  for name, source in encoders.sources(encoder).items():
    if not modules.has_own_weights(
      infos[name], source, checkpoint, taken=taken
    ):
      raise NotKept(f"module {name!r} has other weights than its handle")


def _reasons(application: Application, info: ModuleInfo) -> dict[str, bool]:
  """Returns the reasons against keeping an output, and whether each holds."""
  source, adapter = application.module, application.adapter
  constants = (adapter.constants or {}).values()
  return {
    "is trained": source.trainable,
    "is new": info.path is None,
    "has a tokenizer with a file of its own": _has_own_file(adapter),
    "sees augmented images": bool(adapter.augment),
    "has constants that differ by mode": any(
      isinstance(value, Mapping) for value in constants
    ),
  }


def _has_own_file(adapter: Adapter) -> bool:
  """Returns whether tokens depend on more than the module and the settings."""
  tokenizer = adapter.tokenizer
  if not isinstance(tokenizer, tokenizers.KNOWN):
    return tokenizer is not None
  files = (getattr(tokenizer, name, None) for name in ("vocabulary", "model"))
  return any(file is not None for file in files)
