"""Whether runs read alike data, so that their metrics can be compared."""

from hub_estimator.errors import UserError
from hub_estimator.schemas.schema import Schema


def check_alike(schema: Schema, first: Schema) -> None:
  """Raises a UserError if the metrics of two runs say nothing about each other.

  Args:
    schema: of a run.
    first: of the run that it is compared with.
  """
  for name in schema.labels.keys() & first.labels.keys():
    now, then = (s.labels[name].classes for s in (schema, first))
    if now != then:
      raise UserError(
        f"the classes of {name!r} are {_show(now)}, and in the first trial "
        f"{_show(then)}: metrics of different classes can't be compared."
      )
  if schema.reader != first.reader:
    return
  for split, count in schema.examples.items():
    if count != first.examples.get(split):
      raise UserError(
        f"the {split} data has {count} examples, and had "
        f"{first.examples.get(split)} in the first trial: its files have changed. "
        "Start another sweep."
      )
  for name in schema.features.keys() & first.features.keys():
    specs = [s.features[name].spec for s in (schema, first)]
    if specs[0] != specs[1]:
      raise UserError(
        f"the feature {name!r} is {specs[0]}, and was {specs[1]} in the first "
        "trial: its files have changed. Start another sweep."
      )


def _show(classes: tuple[str, ...] | None) -> str:
  return "numbers" if classes is None else ", ".join(classes)
