"""A process's place in a TensorFlow cluster, as TF_CONFIG gives it.

TF_CONFIG holds the addresses of one chief, workers and parameter servers, and says
which of them this process is. The evaluator belongs to no cluster: it reads what the
others write to the model_dir, which all of them see.
"""

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError

_VARIABLE = "TF_CONFIG"
CHIEF, WORKER, PS, EVALUATOR = "chief", "worker", "ps", "evaluator"
_TYPES = (CHIEF, WORKER, PS, EVALUATOR)


@dataclasses.dataclass(frozen=True)
class Task:
  """One process of a cluster.

  Attributes:
    type: CHIEF, WORKER, PS or EVALUATOR.
    index: its number among the tasks of its type.
    addresses: "host:port" of each task by type; the evaluator has none.
  """

  type: str
  index: int
  addresses: Mapping[str, Sequence[str]]

  def __str__(self) -> str:
    return f"{self.type} {self.index}"

  @property
  def trains(self) -> bool:
    """Whether the task computes training steps."""
    return self.type in (CHIEF, WORKER)

  @property
  def address(self) -> str:
    """The task's "host:port"."""
    return self.addresses[self.type][self.index]

  def others(self, kind: str) -> list["Task"]:
    """Returns all tasks of a type."""
    return [
      Task(kind, index, self.addresses)
      for index in range(len(self.addresses.get(kind, ())))
    ]


def read_task(environ: Mapping[str, str] | None = None) -> Task | None:
  """Returns this process's place by TF_CONFIG, or None if it trains alone.

  Args:
    environ: the environment; None means the process's own.

  Raises:
    UserError: TF_CONFIG can't be read, or describes a cluster that can't train a
      module.
  """
  text = (os.environ if environ is None else environ).get(_VARIABLE, "")
  if not text.strip():
    return None
  try:
    value = json.loads(text)
  except ValueError as error:
    raise UserError(f"{_VARIABLE} isn't JSON: {error}: {text!r}.") from error
  cluster = value.get("cluster") if isinstance(value, Mapping) else None
  if not cluster:
    return None
  addresses = {
    kind: _read_addresses(kind, of_kind) for kind, of_kind in cluster.items()
  }
  _check_cluster(addresses)
  return _read_place(value.get("task"), addresses)


def _read_place(value: Any, addresses: Mapping[str, Sequence[str]]) -> Task:
  if not isinstance(value, Mapping) or not {"type", "index"} <= set(value):
    raise UserError(
      f"{_VARIABLE} has a cluster and no task; it needs one, such as "
      '"task": {"type": "worker", "index": 0}.'
    )
  kind = value["type"]
  if kind not in _TYPES:
    raise UserError(
      f"{_VARIABLE}'s task has the type {kind!r}; it is one of: "
      f"{', '.join(_TYPES)}."
    )
  count = 1 if kind == EVALUATOR else len(addresses.get(kind, ()))
  try:
    index = int(value["index"])
  except (TypeError, ValueError):
    index = -1
  if not 0 <= index < count:
    raise UserError(
      f"{_VARIABLE}'s task is {kind} {value['index']!r}; the cluster has "
      f"{count} of them, counted from 0."
    )
  return Task(kind, index, addresses)


def _read_addresses(kind: str, value: Any) -> list[str]:
  """Returns the addresses of one type; a dict holds them by index."""
  if isinstance(value, Mapping) and all(str(k).isdigit() for k in value):
    value = [value[k] for k in sorted(value, key=int)]
  if not isinstance(value, list):
    raise UserError(
      f"{_VARIABLE}'s cluster has {kind!r}: {value!r}; it is a list of "
      '"host:port".'
    )
  for address in value:
    host, _, port = str(address).rpartition(":")
    if not host or not port.isdigit():
      raise UserError(
        f'{_VARIABLE}\'s cluster has the {kind} {address!r}; it is "host:port".'
      )
  return [str(address) for address in value]


def _check_cluster(addresses: Mapping[str, Sequence[str]]) -> None:
  """Raises a UserError for a cluster that can't train a module."""
  unknown = sorted(set(addresses) - set(_TYPES))
  if unknown:
    hint = " Name the master chief." if "master" in unknown else ""
    raise UserError(
      f"{_VARIABLE}'s cluster has {', '.join(map(repr, unknown))}; it knows: "
      f"{', '.join(_TYPES)}.{hint}"
    )
  if len(addresses.get(CHIEF, ())) != 1:
    raise UserError(
      f"{_VARIABLE}'s cluster has {len(addresses.get(CHIEF, ()))} chiefs; it "
      "needs one. (Workers without a chief are MultiWorkerMirroredStrategy's, "
      "which can't hold a hub.Module; name one of them chief, and add ps.)"
    )
  if addresses.get(WORKER) and not addresses.get(PS):
    raise UserError(
      f"{_VARIABLE}'s cluster has workers and no ps, so each would train "
      "variables of its own; add a ps, which may share a worker's host."
    )
  seen = [a for kind in (CHIEF, WORKER, PS) for a in addresses.get(kind, ())]
  twice = sorted({a for a in seen if seen.count(a) > 1})
  if twice:
    raise UserError(
      f"{_VARIABLE}'s cluster has {', '.join(twice)} twice; each task needs an "
      "address of its own."
    )


@contextlib.contextmanager
def environment(task: Task | None) -> Iterator[None]:
  """Sets TF_CONFIG to what `tf.estimator.RunConfig` must see for a task.

  Args:
    task: None and the evaluator count as processes of their own.
  """
  before = os.environ.pop(_VARIABLE, None)
  if task is not None and task.type != EVALUATOR:
    cluster = {k: list(v) for k, v in task.addresses.items() if k != EVALUATOR}
    os.environ[_VARIABLE] = json.dumps(
      {"cluster": cluster, "task": {"type": task.type, "index": task.index}}
    )
  try:
    yield
  finally:
    os.environ.pop(_VARIABLE, None)
    if before is not None:
      os.environ[_VARIABLE] = before
