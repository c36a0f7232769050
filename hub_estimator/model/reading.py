"""Which features of the data the applications of modules read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub_estimator import inputs
from hub_estimator.model.application import Application
from hub_estimator.modules import ModuleInfo, SignatureInfo
from hub_estimator.preprocessing import adapters, tokenizers

# An application, its signature, and the features that feed it.
Reading = tuple[Application, SignatureInfo, Mapping[str, Any]]


def readings(
  applications: Sequence[Application],
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> Iterator[Reading]:
  """Yields each application, its signature, and the features that feed it.

  Args:
    applications: of modules.
    infos: of the modules, by `module.name`.
    specs: type of each feature of one example, by name.
  """
  for application in applications:
    info = infos[application.module.name]
    application = application.fitted(specs, info)
    signature = application.signature_of(info)
    seen: Mapping[str, Any] = application.select(specs)
    tokenizer = application.adapter.tokenizer
    if tokenizer is not None:
      seen = tokenizer.specs(seen, signature)
    yield application, signature, seen
    made = application.features_made(info)
    specs = {**specs, **made}


def check_features(
  applications: Sequence[Application],
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> None:
  """Raises a UserError if a module's inputs can't be fed by the features.

  Args:
    applications: of modules.
    infos: of the modules, by `module.name`.
    specs: type of each feature of one example, by name.
  """
  for application, signature, seen in readings(applications, infos, specs):
    adapters.match_features(application.adapter, signature, seen)


def features_read(
  applications: Sequence[Application],
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> set[str]:
  """Returns the features that modules and their tokenizers read.

  Args:
    applications: of modules.
    infos: of the modules, by `module.name`.
    specs: type of each feature of one example, by name.

  Raises:
    UserError: a module's inputs can't be fed by the features.
  """
  used: set[str] = set()
  for application, signature, seen in readings(applications, infos, specs):
    used |= set(application.features or ())
    tokenizer = application.adapter.tokenizer
    matched = adapters.match_features(application.adapter, signature, seen)
    if tokenizer is None:
      used |= set(matched.values())
    elif isinstance(tokenizer, tokenizers.KNOWN):
      used |= set(tokenizer.strings(application.select(specs)))
    else:
      used |= set(application.select(specs))
  return used
