"""A schema: what the data of a run holds, as plain values in a file."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import Examples, FeatureSpec, renumber
from hub_estimator.model_dir import read_json, write_json

TOKENS = "class of each token"
_LABEL = "label"


@dataclasses.dataclass(frozen=True)
class Feature:
  """One feature of the examples.

  Attributes:
    dtype: by name; "string" for text and bytes.
    shape: of one example; None is a dimension that may differ.
    range: the smallest and the largest number of training; None for text.
    picture: None, or the height and width that the module sees, and the range that
      its pixels are scaled to.
    sparse: whether a module reads the feature as a SparseTensor.
  """

  dtype: str
  shape: tuple[int | None, ...]
  range: tuple[float, float] | None = None
  picture: Mapping[str, Any] | None = None
  sparse: bool = False

  @property
  def spec(self) -> FeatureSpec:
    """The type of one example."""
    return FeatureSpec(self.dtype, self.shape, self.sparse)


@dataclasses.dataclass(frozen=True)
class LabelColumn:
  """The labels of one head.

  Attributes:
    kind: "class", one of several; "classes", any of several; "number"; or `TOKENS`,
      one of several for each token.
    dtype: by name; "string" for text.
    shape: of one example; None is a dimension that may differ.
    classes: their names in the order of class ids; None if they have none.
    counts: examples or tokens by class, of training and of evaluation; empty for
      numbers.
    range: the smallest and the largest number of training; None for classes.
  """

  kind: str
  dtype: str
  shape: tuple[int | None, ...]
  classes: tuple[str, ...] | None = None
  counts: Mapping[str, Mapping[str, int]] = dataclasses.field(
    default_factory=dict
  )
  range: tuple[float, float] | None = None


@dataclasses.dataclass(frozen=True)
class Schema:
  """All that a run knows about its data when training starts.

  Attributes:
    features: by name, those that the model is served with.
    labels: by the head's name; "label" for a single head.
    weights: the features that hold weights of examples.
    unused: the features that neither a module nor the head reads, such as ids.
    reader: the readers of training and evaluation and their options.
    examples: how many there are in training and evaluation.
  """

  features: Mapping[str, Feature]
  labels: Mapping[str, LabelColumn]
  weights: tuple[str, ...] = ()
  unused: tuple[str, ...] = ()
  reader: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  examples: Mapping[str, int] = dataclasses.field(default_factory=dict)

  def classes(self, head: str | None = None) -> tuple[str, ...] | None:
    """Returns the names of a head's classes in order, None if it has none.

    Args:
      head: its name in `heads.multi`; None for a single head.
    """
    column = self.labels.get(_LABEL if head is None else head)
    return None if column is None else column.classes

  def without_other_columns(self, examples: Examples) -> Examples:
    """Returns examples without the columns that the run's data didn't have.

    Nothing reads them, and a module that reads the only feature couldn't tell which
    one it is.
    """
    known = {*self.features, *self.weights, *self.unused}
    features = {n: c for n, c in examples.features.items() if n in known}
    return dataclasses.replace(examples, features=features)

  def matched(self, examples: Examples) -> Examples:
    """Returns examples whose class ids are those of the run.

    Raises:
      UserError: a feature or a class isn't one of the run's.
    """
    specs = examples.specs()
    for name, feature in self.features.items():
      if name not in specs:
        raise UserError(
          f"{examples.source} has no feature {name!r}, which the run was trained "
          f"on; {nearest(name, specs)}"
        )
      found = specs[name]
      if found.dtype != feature.dtype or not feature.spec.accepts_shape(
        found.shape
      ):
        raise UserError(
          f"{examples.source}: {name!r} is {found}, and the run was trained on "
          f"{feature.spec}."
        )
    classes = self.classes()
    return examples if classes is None else renumber(examples, classes)

  def check(self, examples: Examples) -> None:
    """Raises a UserError that says what differs from the run's data."""
    self.matched(examples)


def write(path: pathlib.Path, schema: Schema) -> None:
  """Writes a schema as JSON."""
  write_json(path, dataclasses.asdict(schema))


def read(path: pathlib.Path) -> Schema | None:
  """Returns the schema in a file; None if there is no such file.

  Raises:
    UserError: the file can't be read.
  """
  if not path.exists():
    return None
  value = read_json(path)
  try:
    return Schema(
      features={n: _made(Feature, f) for n, f in value["features"].items()},
      labels={n: _made(LabelColumn, f) for n, f in value["labels"].items()},
      weights=tuple(value["weights"]),
      unused=tuple(value["unused"]),
      reader=value["reader"],
      examples=value["examples"],
    )
  except (KeyError, TypeError, AttributeError) as error:
    raise UserError(f"{path} isn't a schema: {error!r}.") from error


def _made(kind: Any, value: Mapping[str, Any]) -> Any:
  """Returns a dataclass of JSON's values, lists as tuples; unknown keys are left."""
  fields = {field.name for field in dataclasses.fields(kind)}
  return kind(
    **{
      key: tuple(v) if _is_list(v) else v
      for key, v in value.items()
      if key in fields
    }
  )


def _is_list(value: Any) -> bool:
  return isinstance(value, Sequence) and not isinstance(value, str)
