"""A finding: one place where a module departs from the guidance."""

import dataclasses

# The gravest first.
SEVERITIES = ("error", "warning", "advice")


@dataclasses.dataclass(frozen=True)
class Finding:
  """One place where a module departs from the guidance.

  Attributes:
    severity: "error" if the module fails or trains wrongly, "warning" if it works
      worse than it could, or "advice".
    check: the name of the check.
    where: the variant, signature, variable or file in the module.
    what: the departure.
    why: its consequence for consumers of the module.
    mend: how to fix it.
  """

  severity: str
  check: str
  where: str
  what: str
  why: str
  mend: str

  def __str__(self) -> str:
    return (
      f"{self.severity}: {self.check}: {self.where}: {self.what}\n"
      f"    why:  {self.why}\n    fix:  {self.mend}"
    )
