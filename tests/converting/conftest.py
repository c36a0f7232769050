"""Small modules and what they are converted to, made once a session."""

import pytest

from hub_estimator import converting, testing
from tests.converting import odd_modules


@pytest.fixture(scope="session")
def converted(tmp_path_factory, dense, batch_norm, text):
  """Returns a function from a module's name to (its path, the SavedModel's)."""
  directory = tmp_path_factory.mktemp("converted")
  made = {}

  def make(name):
    if name not in made:
      if name in ("dense", "batch_norm", "text"):
        module = {"dense": dense, "batch_norm": batch_norm, "text": text}[name]
      elif name == "tokens":
        module = testing.token_module(str(directory / name))
      else:
        module = odd_modules.export(
          directory / name, getattr(odd_modules, name)
        )
      target = directory / f"{name}_tf2"
      made[name] = (module, converting.convert(target, module))
    return made[name]

  return make
