"""Finds damaged pictures: they are decoded, many at a time."""

import functools
import hashlib
import json
import os
import pathlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from types import TracebackType

from hub_estimator import disk, progress
from hub_estimator.pictures import formats, gifs, jpegs
from hub_estimator.pictures.decoding import RULES, decode
from hub_estimator.tensorflow_runtime import op_errors, tf

# What took longer is remembered until a file changes.
_QUICK_SECS = 5.0
# What decoders of JPEG fill in, in blocks of 8 pixels, which may be shifted.
_FILLING, _SQUARE = 128, 4
# Increase it if other pictures are found.
_RULES = 2


class DamageFinder:
  """Decodes pictures by the ops that training, prediction and exports use.

  Use it in a `with` block, which frees its session.
  """

  def __init__(self) -> None:
    """Builds the graph."""
    with tf.Graph().as_default() as graph:
      self._encoded = tf.placeholder(tf.string, [None])
      self._may_be_filled = decode(
        self._encoded, _holds_filling, channels=3, dtype=tf.bool
      )
      self._jpegs = tf.placeholder(tf.string, [2])
      stored, again = [
        tf.io.decode_jpeg(self._jpegs[i], channels=3) for i in range(2)
      ]
      self._is_same = tf.reduce_all(tf.equal(stored, again))
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
    """Returns why a picture can't be decoded as it was, or None.

    Decoders of JPEG report nothing if data in the middle is missing: they fill in grey,
    or leave out the scans of a progressive picture. A few wrong bytes in picture data
    that still make up all pixels can't be found.

    Args:
      content: of the file.
    """
    problem = formats.find_problem(content)
    if problem is None and content.startswith(formats.GIF):
      problem = gifs.find_damage(content)
    if problem:
      return problem
    try:
      (filled,) = self._session.run(
        self._may_be_filled, {self._encoded: [content]}
      )
      if content.startswith(formats.JPEG) and (
        (filled and self._is_filled(content)) or jpegs.lacks_scans(content)
      ):
        return "data of the JPEG is missing"
    except tf.errors.OpError as error:
      said = op_errors.essence(error).removeprefix("assertion failed: ")
      return f"the image can't be decoded: {said.strip('[] .')}"
    return None

  def _is_filled(self, content: bytes) -> bool:
    """Returns whether the decoder has filled up what is missing in a JPEG."""
    fed = {self._jpegs: [content, jpegs.with_more_data(content)]}
    return not self._session.run(self._is_same, fed)


@functools.cache
def _shared_finder() -> DamageFinder:
  """Returns this process's finder: to make one takes longer than a small check."""
  return DamageFinder()


def _holds_filling(image: tf.Tensor) -> tf.Tensor:
  """Returns whether a square of a picture is of the grey that decoders fill in."""
  grey = tf.reduce_all(tf.equal(image, _FILLING), axis=-1)
  rows, columns = tf.unstack(tf.shape(grey) // _SQUARE)
  whole = grey[: rows * _SQUARE, : columns * _SQUARE]
  squares = tf.reshape(whole, tf.stack([rows, _SQUARE, columns, _SQUARE]))
  return tf.reduce_any(tf.reduce_all(squares, axis=[1, 3]))


def find_damage(
  reads: Sequence[Callable[[], bytes]], *, what: str
) -> Iterator[str | None]:
  """Yields why each picture can't be decoded, or None, in order; with progress.

  Args:
    reads: returns the content of each picture; called in threads.
    what: the step, for progress.
  """
  threads = os.cpu_count() or 1
  finder = _shared_finder()
  with futures.ThreadPoolExecutor(threads) as pool:
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
  digest = hashlib.sha256(f"{RULES} {_RULES} {tf.__version__}\n".encode())
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
