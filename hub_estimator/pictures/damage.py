"""Finds damaged pictures: they are decoded, many at a time."""

import hashlib
import json
import os
import pathlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from types import TracebackType

from hub_estimator import disk, progress
from hub_estimator.pictures import formats
from hub_estimator.pictures.decoding import RULES, decode
from hub_estimator.tensorflow_runtime import op_errors, tf

# What took longer is remembered until a file changes.
_QUICK_SECS = 5.0


class DamageFinder:
  """Decodes pictures by the ops that training, prediction and exports use.

  Use it in a `with` block, which frees its session.
  """

  def __init__(self) -> None:
    """Builds the graph."""
    with tf.Graph().as_default() as graph:
      self._encoded = tf.placeholder(tf.string, [None])
      self._sizes = decode(
        self._encoded,
        lambda image: tf.cast(tf.size(image), tf.float32),
        channels=3,
      )
    # One picture a thread, and none on an accelerator.
    config = tf.ConfigProto(
      device_count={"GPU": 0}, intra_op_parallelism_threads=1
    )
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    self._session = tf.Session(graph=graph, config=config)

  def __enter__(self) -> "DamageFinder":
    return self

  def __exit__(
    self,
    kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None,
  ) -> None:
    self._session.close()

  def find(self, content: bytes) -> str | None:
    """Returns why a picture can't be decoded, or None.

    Args:
      content: of the file.
    """
    problem = formats.find_problem(content)
    if problem:
      return problem
    try:
      self._session.run(self._sizes, {self._encoded: [content]})
    except tf.errors.OpError as error:
      said = op_errors.essence(error).removeprefix("assertion failed: ")
      return f"the image can't be decoded: {said.strip('[] .')}"
    return None


def find_damage(
  reads: Sequence[Callable[[], bytes]], *, what: str
) -> Iterator[str | None]:
  """Yields why each picture can't be decoded, or None, in order; with progress.

  Args:
    reads: returns the content of each picture; called in threads.
    what: the step, for progress.
  """
  threads = os.cpu_count() or 1
  with DamageFinder() as finder, futures.ThreadPoolExecutor(threads) as pool:
    found = pool.map(lambda read: finder.find(read()), reads)
    for done, problem in enumerate(found, 1):
      progress.report(what, done, len(reads), unit="images")
      yield problem


def find_damaged_files(
  paths: Sequence[pathlib.Path],
  *,
  what: str,
  quick_secs: float = _QUICK_SECS,
) -> dict[pathlib.Path, str]:
  """Returns what is wrong with files that can't be decoded, by path.

  The result of a long check is remembered until one of the files changes.

  Args:
    paths: of the pictures.
    what: the step, for progress.
    quick_secs: a check that took longer is remembered.
  """
  if not paths:
    return {}
  memory = _memory(paths)
  try:
    known = json.loads(memory.read_text(encoding="utf-8"))
    return {paths[int(row)]: problem for row, problem in known.items()}
  except (OSError, ValueError, IndexError, AttributeError):
    pass
  started = time.monotonic()
  reads = [lambda path=path: _read(path) for path in paths]
  found = dict(enumerate(find_damage(reads, what=what)))
  damaged = {row: problem for row, problem in found.items() if problem}
  if time.monotonic() - started > quick_secs:
    _remember(memory, damaged)
  return {paths[row]: problem for row, problem in damaged.items()}


def _read(path: pathlib.Path) -> bytes:
  try:
    return path.read_bytes()
  except OSError:
    return b""  # It is named as no image.


def _memory(paths: Sequence[pathlib.Path]) -> pathlib.Path:
  """Returns the file that remembers the check of files as they are now."""
  digest = hashlib.sha256(f"{RULES} {tf.__version__}\n".encode())
  for path in paths:
    stat = path.stat()
    line = f"{path.absolute()} {stat.st_size} {stat.st_mtime_ns}\n"
    digest.update(line.encode("utf-8", "surrogateescape"))
  default = os.path.join("~", ".cache", "hub_estimator")
  root = os.environ.get("HUB_ESTIMATOR_CACHE", default)
  folder = pathlib.Path(root).expanduser() / "pictures"
  return folder / f"{digest.hexdigest()[:32]}.json"


def _remember(memory: pathlib.Path, damaged: dict[int, str]) -> None:
  try:
    memory.parent.mkdir(parents=True, exist_ok=True)
    disk.write_text(memory, json.dumps(damaged))
  except OSError:
    return  # The next check takes as long.
