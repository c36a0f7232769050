"""Batches of the requests that come while a model is busy."""

import concurrent.futures
import dataclasses
import queue
import threading
import time
from collections.abc import Mapping, Sequence

import numpy as np

from hub_estimator.serving.loaded_model import LoadedModel, Signature

_MOST_ROWS = 256
Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class _Request:
  signature: Signature
  inputs: Arrays
  until: float  # By `time.monotonic`.
  answer: concurrent.futures.Future[dict[str, np.ndarray]]

  @property
  def rows(self) -> int:
    return len(next(iter(self.inputs.values())))

  @property
  def kind(self) -> object:
    """Equal for requests whose rows can lie in one batch."""
    if not (self.signature.is_batched and self.inputs):
      return object()
    return self.signature.name, tuple(
      (name, array.dtype, array.shape[1:])
      for name, array in self.inputs.items()
    )


class Stopped(Exception):
  """The model is about to be closed, and takes no more requests."""


class BatchedModel:
  """A loaded model with a thread of its own, which answers requests in turn.

  Requests that wait are answered in one batch, if they are for the same signature and
  have rows of one shape. None waits for others to come.

  Attributes:
    model: the model.
  """

  def __init__(self, model: LoadedModel) -> None:
    """Starts the thread.

    Args:
      model: is closed by `stop`.
    """
    self.model = model
    self._waiting: queue.Queue[_Request | None] = queue.Queue()
    self._is_open = True
    self._lock = threading.Lock()  # No request comes behind the end.
    self._thread = threading.Thread(
      target=self._answer_all, name=f"version {model.number}", daemon=True
    )
    self._thread.start()

  def run(
    self, signature: Signature, inputs: Arrays, *, timeout_s: float
  ) -> dict[str, np.ndarray]:
    """Returns a signature's outputs by name.

    Args:
      signature: of the model.
      inputs: arrays by name, all with the same number of rows if the signature is
        batched.
      timeout_s: seconds until it gives up.

    Raises:
      Stopped: `stop` was called before.
      TimeoutError: there was no answer in time.
      tf.errors.OpError: the model fails.
    """
    request = _Request(
      signature,
      inputs,
      time.monotonic() + timeout_s,
      concurrent.futures.Future(),
    )
    with self._lock:
      if not self._is_open:
        raise Stopped
      self._waiting.put(request)
    return request.answer.result(timeout_s)

  def stop(self) -> None:
    """Answers all that wait, and closes the model."""
    with self._lock:
      self._is_open = False
      self._waiting.put(None)
    self._thread.join()

  def _answer_all(self) -> None:
    left: list[_Request] = []
    is_open = True
    while is_open or left:
      if not left:
        request = self._waiting.get()
        if request is None:
          break
        left.append(request)
      while True:
        try:
          more = self._waiting.get_nowait()
        except queue.Empty:
          break
        if more is None:
          is_open = False
        else:
          left.append(more)
      batch = _first_batch(left)
      left = [one for one in left if all(one is not b for b in batch)]
      self._answer(batch)
    self.model.close()

  def _answer(self, batch: Sequence[_Request]) -> None:
    now = time.monotonic()
    batch = [r for r in batch if r.until > now]  # Nobody waits for the others.
    if not batch:
      return
    try:
      outputs = self._run(batch)
    except Exception as error:
      if len(batch) == 1:
        batch[0].answer.set_exception(error)
        return
      for request in batch:  # Only the one that fails has an error.
        self._answer([request])
      return
    for request, found in zip(batch, outputs, strict=True):
      request.answer.set_result(found)

  def _run(self, batch: Sequence[_Request]) -> list[dict[str, np.ndarray]]:
    signature = batch[0].signature
    inputs = batch[0].inputs
    if len(batch) > 1:
      inputs = {
        name: np.concatenate([request.inputs[name] for request in batch])
        for name in inputs
      }
    timeout_s = max(r.until for r in batch) - time.monotonic()
    outputs = self.model.run(signature, inputs, timeout_s=timeout_s)
    if len(batch) == 1:
      return [outputs]
    ends = np.cumsum([request.rows for request in batch])
    if any(len(array) != ends[-1] for array in outputs.values()):
      raise ValueError("an output has other rows than the batch")
    return [
      {name: array[end - request.rows : end] for name, array in outputs.items()}
      for request, end in zip(batch, ends.tolist(), strict=True)
    ]


def _first_batch(waiting: Sequence[_Request]) -> list[_Request]:
  """Returns the first request, and the next ones that fit into its batch."""
  first = waiting[0]
  kind, batch = first.kind, [first]
  if not isinstance(kind, tuple):
    return batch
  rows = first.rows
  for request in waiting[1:]:
    if request.kind == kind and rows + request.rows <= _MOST_ROWS:
      batch.append(request)
      rows += request.rows
  return batch
