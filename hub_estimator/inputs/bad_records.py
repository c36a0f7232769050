"""Records that can't be read: refused, or skipped and counted."""

from hub_estimator.errors import UserError, nearest, one_line

_CHOICES = ("raise", "skip")


def check_choice(choice: str, what: str) -> None:
  """Raises a UserError that names `what` unless `choice` is "raise" or "skip"."""
  if choice not in _CHOICES:
    raise UserError(f"{what} is {choice!r}: {nearest(choice, _CHOICES)}")


class BadRecords:
  """Counts bad records, or refuses the first.

  Attributes:
    skipped: the number of bad records so far.
  """

  def __init__(self, choice: str = "raise") -> None:
    """Starts the count.

    Args:
      choice: "raise" or "skip".
    """
    self._choice = choice
    self.skipped = 0

  @property
  def are_skipped(self) -> bool:
    """Whether bad records are left out."""
    return self._choice == "skip"

  def add(self, message: str) -> None:
    """Counts a record, or raises a UserError with the message."""
    if self._choice == "raise":
      raise UserError(one_line(message))
    self.skipped += 1
