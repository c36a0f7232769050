"""What can't change under a run's weights, and the refusal to mix it."""

import logging
import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Workdir, checkpoints, starting_weights
from hub_estimator.modules import ModuleInfo
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import tf
from hub_estimator.training import Checked

_log = logging.getLogger(__name__)
_PACKAGES = (
  "hub-estimator",
  "tensorflow",
  "tensorflow-estimator",
  "tensorflow-hub",
  "tf-keras",
  "numpy",
  "gin-config",
)
_SHOWN_AS = {"fingerprint": "content (sha256)", "outputs": "output"}
_OVER_PADDING = "over padding, too"
_KEEP_POOLING = (
  " Or set adapter.pooling = 'mean_with_padding' (or 'max_with_padding') to go "
  "on as before."
)


def identity_of(experiment: Experiment, checked: Checked) -> dict[str, Any]:
  """Returns what can't change under a run's weights: the modules, and the model's own.

  Args:
    experiment: the run's definition.
    checked: the run.
  """
  modules_used: dict[str, dict[str, Any]] = {
    name: {
      "handle": checked.infos[name].handle,
      "path": checked.infos[name].path,
      "fingerprint": checked.infos[name].fingerprint,
      "signature": source.signature,
      "outputs": [],
      "train_tags": sorted(checked.train_tags[name]),
    }
    for name, source in checked.sources.items()
  }
  for application in experiment.applications():
    name = application.module.name
    outputs = application.outputs_of(checked.infos[name])
    modules_used[name]["outputs"].extend(outputs)
  for name, poolings in _masked_poolings(experiment, checked.infos).items():
    modules_used[name]["pooling"] = poolings
  return {
    "modules": modules_used,
    **experiment.model.identity(experiment),
  }


def check_same_run(
  workdir: Workdir, identity: Mapping[str, Any], start_from: str | None
) -> None:
  """Raises a UserError if a model_dir holds weights of another module or head.

  Args:
    workdir: of the run.
    identity: as `identity_of` returns it.
    start_from: of the run; naming the run itself allows another identity.
  """
  before = workdir.read_manifest()
  if before is None or starting_weights.is_own(start_from, workdir):
    return
  for what, then, now in _compared(before, identity):
    if then != now:
      raise UserError(
        f"{str(workdir.path)!r} was trained with the {what} {then!r}, and now it "
        f"is {now!r}; choose another model_dir, or set run.start_from = "
        f"{str(workdir.path)!r} to start from the old weights."
        + (_KEEP_POOLING if then == _OVER_PADDING else "")
      )


def check_same_variables(
  workdir: Workdir, checked: Checked, start_from: str | None
) -> None:
  """Raises a UserError if a model_dir holds variables of other shapes.

  Args:
    workdir: of the run.
    checked: the run.
    start_from: as for `check_same_run`.
  """
  last = tf.train.latest_checkpoint(str(workdir.path))
  if last is None or starting_weights.is_own(start_from, workdir):
    return
  if checkpoints.find_damage(last):
    return  # It is set aside, and the run resumes from the one before.
  stored = tf.train.load_checkpoint(last).get_variable_to_shape_map()
  in_modules = tuple(f"{name}/" for name in checked.infos)
  for name, shape in sorted(checked.variables.items()):
    then = stored.get(name)
    if then != list(shape) and (then or not name.startswith(in_modules)):
      was = "without it" if then is None else f"with {then}"
      raise UserError(
        f"{str(workdir.path)!r} was trained {was}, and now the model has the "
        f"variable {name!r} {list(shape)}; choose another model_dir, or set "
        f"run.start_from = {str(workdir.path)!r} to start from the old weights."
      )


def check_same_pooling(
  workdir: Workdir,
  manifest: Mapping[str, Any],
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
) -> None:
  """Raises a UserError if a run was trained on other means of the same tokens.

  Runs of earlier versions pooled padding with the tokens, which their configs
  don't say.

  Args:
    workdir: of the run.
    manifest: of the run.
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
  """
  now = _masked_poolings(experiment, infos)
  for name, used in manifest.get("modules", {}).items():
    then = used.get("pooling", [])
    if then != now.get(name, []):
      raise UserError(
        f"{str(workdir.path)!r} was trained with the pooling "
        f"{_pooling(then)!r}, and now it is {_pooling(now.get(name, []))!r}; "
        "train again in another model_dir." + ("" if then else _KEEP_POOLING)
      )


def _masked_poolings(
  experiment: Experiment, infos: Mapping[str, ModuleInfo]
) -> dict[str, list[str]]:
  """Returns how outputs are pooled without padding, by `module.name`."""
  poolings: dict[str, list[str]] = {}
  for application in experiment.applications():
    name = application.module.name
    if heads.labels_tokens(experiment.head):
      mask = adapters.find_token_mask(
        application.adapter, application.signature_of(infos[name])
      )
      kind = "each token"
    else:
      mask = application.mask_of(infos[name])
      kind = application.adapter.pooling
    if mask is not None:
      pooling = f"{kind} where {mask}"
      poolings.setdefault(name, []).append(pooling)
  return poolings


def log_masks(experiment: Experiment, infos: Mapping[str, ModuleInfo]) -> None:
  """Logs which input tells tokens from padding, for each pooled output.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
  """
  for name, poolings in _masked_poolings(experiment, infos).items():
    for pooling in dict.fromkeys(poolings):
      _log.info("Module %r: padding is left out: %s.", name, pooling)


def _pooling(poolings: list[str]) -> str:
  return ", ".join(poolings) or _OVER_PADDING


def _compared(
  before: Mapping[str, Any], identity: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
  """Returns (name, value then, value now) of all that must be the same."""
  old = before.get("modules", {})
  compared: list[tuple[str, Any, Any]] = [
    ("modules", sorted(old), sorted(identity["modules"]))
  ]
  for name, now in identity["modules"].items():
    then = old.get(name, {})
    keys = ["fingerprint", "signature", "outputs"]
    if then.get("path") != now["path"] or now["path"] is None:
      keys.insert(0, "handle")
    module = "" if len(identity["modules"]) == 1 else f" of module {name!r}"
    compared += [
      (
        _SHOWN_AS.get(key, key) + module,
        _only(then.get(key)),
        _only(now[key]),
      )
      for key in keys
    ]
    compared.append(
      (
        f"pooling{module}",
        _pooling(then.get("pooling", [])),
        _pooling(now.get("pooling", [])),
      )
    )
  return compared + [
    (key, before.get(key), identity.get(key))
    for key in _of_models(before, identity)
  ]


def _of_models(*identities: Mapping[str, Any]) -> list[str]:
  """Returns the names of what models say can't change."""
  return [
    key
    for key in ("model", "head", "top", "objective")
    if any(key in identity for identity in identities)
  ]


def _only(value: Any) -> Any:
  """Returns the element of a list of one, and any other value as it is."""
  return value[0] if isinstance(value, list) and len(value) == 1 else value


def package_versions() -> dict[str, str]:
  """Returns the version of each package that a run's numbers depend on."""
  found = {"python": platform.python_version()}
  for package in _PACKAGES:
    try:
      found[package] = metadata.version(package)
    except metadata.PackageNotFoundError:
      continue
  return found
