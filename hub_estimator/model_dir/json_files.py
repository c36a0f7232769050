"""JSON objects in files, written whole."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from hub_estimator.disk import write_text
from hub_estimator.errors import UserError


def read_json(path: pathlib.Path) -> dict[str, Any]:
  """Returns a JSON object.

  Raises:
    UserError: the file can't be read, or doesn't hold a JSON object.
  """
  try:
    value = json.loads(path.read_text())
  except (OSError, ValueError) as error:
    raise UserError(f"{path} can't be read: {error}.") from error
  if not isinstance(value, dict):
    raise UserError(f"{path} doesn't hold a JSON object.")
  return value


def write_json(path: pathlib.Path, value: Mapping[str, Any]) -> None:
  """Writes a JSON object; if that fails, the file keeps its content."""
  write_text(path, json.dumps(value, indent=2, sort_keys=False) + "\n")
