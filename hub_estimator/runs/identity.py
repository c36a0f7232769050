"""What can't change under a run's weights, and the refusal to mix it."""

import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Workdir, starting_weights
from hub_estimator.training import Checked

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


def identity_of(experiment: Experiment, checked: Checked) -> dict[str, Any]:
  """Returns what can't change under a run's weights: modules, head and top.

  Args:
    experiment: the run's definition.
    checked: the run.
  """
  modules_used: dict[str, dict[str, Any]] = {}
  for application in experiment.encoder.applications():
    source = application.module
    info = checked.infos[source.name]
    used = modules_used.setdefault(
      source.name,
      {
        "handle": info.handle,
        "path": info.path,
        "fingerprint": info.fingerprint,
        "signature": source.signature,
        "outputs": [],
        "train_tags": sorted(checked.train_tags[source.name]),
      },
    )
    used["outputs"].append(application.output_of(info))
  return {
    "modules": modules_used,
    "head": repr(experiment.head),
    "top": repr(experiment.top),
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
      )


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
  return compared + [
    (key, before.get(key), identity[key]) for key in ("head", "top")
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
