"""Tracebacks of a script, without the frames of what runs it."""

import pathlib
import types

_NOT_OF_SCRIPT = (str(pathlib.Path(__file__).parent), "<frozen importlib")


def cut(error: BaseException) -> None:
  """Removes the frames of this room from an error's traceback.

  The causes of the error, which are printed above it, lose them as well.
  """
  for other in (error.__cause__, error.__context__):
    if other is not None:
      cut(other)
  kept: list[types.TracebackType] = []
  traceback = error.__traceback__
  while traceback is not None:
    file = traceback.tb_frame.f_code.co_filename
    if not file.startswith(_NOT_OF_SCRIPT):
      kept.append(traceback)
    traceback = traceback.tb_next
  for frame, following in zip(kept, [*kept[1:], None], strict=True):
    frame.tb_next = following
  error.__traceback__ = kept[0] if kept else None
