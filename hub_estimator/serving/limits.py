"""How much of the server one request may take."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Limits:
  """Bounds on one request.

  Attributes:
    body_mib: of its body, in MiB.
    read_s: seconds in which it must have arrived.
    run_s: seconds in which the model must have answered.
  """

  body_mib: float = 64.0
  read_s: float = 30.0
  run_s: float = 60.0
