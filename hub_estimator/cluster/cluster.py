"""A process's place in a TensorFlow cluster, and what its members tell each other.

TF_CONFIG gives the place, as it does for `tf.estimator.RunConfig`: addresses of one
chief, workers and parameter servers, and which of them this process is. The evaluator
belongs to no cluster; it reads what the others write into model_dir, which all of them
see. So they talk there as well: each member has one file that it alone writes, and a
member that is killed and started again finds all it needs.
"""

import contextlib
import dataclasses
import json
import logging
import os
import pathlib
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hub_estimator.disk import write_text
from hub_estimator.errors import RunFailed, UserError, one_line

_log = logging.getLogger(__name__)
_VARIABLE = "TF_CONFIG"
CHIEF, WORKER, PS, EVALUATOR = "chief", "worker", "ps", "evaluator"
_TYPES = (CHIEF, WORKER, PS, EVALUATOR)
# What a member says of itself.
CAME, TRAINING, LEFT = "came", "training", "left"
ENDED, FAILED = "ended", "failed"
_POLL_SECS = 0.2
_TELL_EVERY_SECS = 30.0


@dataclasses.dataclass(frozen=True)
class Task:
  """One process of a cluster.

  Attributes:
    type: CHIEF, WORKER, PS or EVALUATOR.
    index: among those of its type.
    addresses: "host:port" of each task by type; the evaluator has none.
  """

  type: str
  index: int
  addresses: Mapping[str, Sequence[str]]

  def __str__(self) -> str:
    return f"{self.type} {self.index}"

  @property
  def trains(self) -> bool:
    """Whether it computes training steps."""
    return self.type in (CHIEF, WORKER)

  def others(self, kind: str) -> list["Task"]:
    """Returns the tasks of a type."""
    return [
      Task(kind, index, self.addresses)
      for index in range(len(self.addresses.get(kind, ())))
    ]

  @property
  def address(self) -> str:
    return self.addresses[self.type][self.index]


def read_task(environ: Mapping[str, str] | None = None) -> Task | None:
  """Returns this process's place by TF_CONFIG, or None where it trains alone.

  Args:
    environ: the environment; None means the process's own.

  Raises:
    UserError: TF_CONFIG isn't one, or describes what can't train a module.
  """
  text = (os.environ if environ is None else environ).get(_VARIABLE, "")
  if not text.strip():
    return None
  try:
    value = json.loads(text)
  except ValueError as error:
    raise UserError(f"{_VARIABLE} isn't JSON: {error}: {text!r}.") from error
  addresses = value.get("cluster") if isinstance(value, Mapping) else None
  if not addresses:
    return None
  where = value.get("task")
  if not isinstance(where, Mapping) or not {"type", "index"} <= set(where):
    raise UserError(
      f"{_VARIABLE} has a cluster and no task; it needs "
      '"task": {"type": "worker", "index": 0}, say.'
    )
  addresses = {
    kind: _addresses(kind, of_kind) for kind, of_kind in addresses.items()
  }
  _check_cluster(addresses)
  kind, index = where["type"], where["index"]
  if kind not in _TYPES:
    raise UserError(
      f"{_VARIABLE}'s task has the type {kind!r}; it is one of: "
      f"{', '.join(_TYPES)}."
    )
  count = 1 if kind == EVALUATOR else len(addresses.get(kind, ()))
  try:
    index = int(index)
  except (TypeError, ValueError):
    index = -1
  if not 0 <= index < count:
    raise UserError(
      f"{_VARIABLE}'s task is {kind} {where['index']!r}; the cluster has "
      f"{count} of them, counted from 0."
    )
  return Task(kind, index, addresses)


def _addresses(kind: str, value: Any) -> list[str]:
  """Returns the addresses of one type of tasks; a dict is one by index."""
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
  """Holds TF_CONFIG as `tf.estimator.RunConfig` has to see it for a task.

  Args:
    task: None, and the evaluator too, is a process of its own.
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


class Board:
  """What the members of a cluster say of themselves, one file each.

  Only what was said after this process came counts: an earlier start of the same run
  has left its words there. No clock is asked, for those of two machines differ.
  """

  def __init__(self, model_dir: str | os.PathLike, task: Task):
    """Makes a board, and says that this member came.

    Args:
      model_dir: of the run; all members see it.
      task: this process's.
    """
    self._directory = pathlib.Path(model_dir) / "cluster"
    self.task = task
    self.say(CAME)
    self._old = {
      path: path.read_text() for path in self._directory.glob("*.json")
    }

  def say(self, state: str, **more: Any) -> None:
    """Says something of this member, in place of what it said before."""
    told = {"state": state, **more, "host": socket.gethostname()}
    # No two are the same.
    told |= {"process": os.getpid(), "id": uuid.uuid4().hex}
    write_text(self._path(self.task), json.dumps(told) + "\n")

  def hear(self, task: Task) -> dict[str, Any]:
    """Returns what a member has said since this process came; {} for nothing."""
    path = self._path(task)
    try:
      text = path.read_text()
      return {} if text == self._old.get(path) else json.loads(text)
    except (OSError, ValueError):
      return {}

  def has_said(self, task: Task, *states: str) -> bool:
    """Returns whether a member is in one of some states."""
    return self.hear(task).get("state") in states

  def check_failed(self, tasks: Sequence[Task]) -> None:
    """Raises RunFailed with the words of a member whose training failed."""
    for task in tasks:
      heard = self.hear(task)
      if heard.get("state") == FAILED:
        raise RunFailed(f"{task} failed: {heard.get('error')}")

  @contextlib.contextmanager
  def telling_failure(self) -> Iterator[None]:
    """Lets the others know of an error that ends this member."""
    try:
      yield
    except Exception as error:
      with contextlib.suppress(OSError):  # The disk may be full.
        self.say(FAILED, error=one_line(error))
      raise

  def wait(
    self,
    until: Callable[[], Any],
    what: Callable[[], str] | None = None,
  ) -> None:
    """Waits, and tells now and then for what.

    Args:
      until: whether to go on.
      what: is missing; None where it is waited for as a matter of course.

    Raises:
      RunFailed: the chief's training failed meanwhile.
    """
    told = time.monotonic()
    while not until():
      self.check_failed(self.task.others(CHIEF))
      if what is not None and time.monotonic() - told > _TELL_EVERY_SECS:
        told = time.monotonic()
        _log.info("%s waits for %s.", self.task, what())
      time.sleep(_POLL_SECS)

  def wait_for_servers(self) -> None:
    """Waits until all parameter servers accept connections.

    TensorFlow would wait as well, and not say for whom.
    """
    missing = self.task.others(PS)

    def all_there():
      missing[:] = [task for task in missing if not _accepts(task.address)]
      return not missing

    self.wait(
      all_there, lambda: ", ".join(f"{t} at {t.address}" for t in missing)
    )

  def _path(self, task: Task) -> pathlib.Path:
    return self._directory / f"{task.type}-{task.index}.json"


def _accepts(address: str) -> bool:
  host, _, port = address.rpartition(":")
  try:
    with socket.create_connection((host.strip("[]"), int(port)), timeout=2):
      return True
  except OSError:
    return False
