"""The width of a network's output, kept so that others need no graph to know it."""

import contextlib
import hashlib

from hub_estimator import disk_cache
from hub_estimator.disk import write_text
from hub_estimator.features.network import Network


def read_or_compute(network: Network) -> int:
  """Returns the width of a network's output.

  It is read from the cache. If it isn't there or is damaged, the network's graph
  is built and the width is written for others, for example workers of a sweep.

  Raises:
    NotKept: the outputs may differ from one run to the next; nothing is
      written.
  """
  path = disk_cache.directory("features") / f"{network.key}.width"
  with contextlib.suppress(OSError, ValueError):
    text = path.read_text()
    width = int(text.split(" ")[0])
    if text == _line(network, width):
      return width
  width = network.width
  with contextlib.suppress(OSError):
    write_text(path, _line(network, width))
  return width


def _line(network: Network, width: int) -> str:
  """Returns a width with a checksum."""
  digest = hashlib.sha256(f"{network.key} {width}".encode()).hexdigest()
  return f"{width} {digest}\n"
