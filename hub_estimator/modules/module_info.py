"""The description of a module: its variants, and what they offer."""

import dataclasses
from collections.abc import Collection, Mapping

from hub_estimator.errors import UserError, nearest
from hub_estimator.modules import custom_ops, module_html
from hub_estimator.modules.variant_info import SignatureInfo, VariantInfo
from hub_estimator.tensorflow_runtime import hub


@dataclasses.dataclass(frozen=True, repr=False)
class ModuleInfo:
  """The description of a module.

  Attributes:
    handle: the handle as the user wrote it.
    path: the directory of the TF1 Hub module. For a SavedModel, that of the
      converted module. None for a module_fn, which isn't stored.
    fingerprint: sha256 of its content, hex.
    variants: by tags.
    image_size: (height, width) from the attached image info, or None.
    spec: the `hub.ModuleSpec`, parsed once for all graphs that need it.
  """

  handle: str
  path: str | None
  fingerprint: str
  variants: Mapping[frozenset[str], VariantInfo]
  image_size: tuple[int, int] | None
  spec: hub.ModuleSpec = dataclasses.field(compare=False)

  def __repr__(self) -> str:
    names = set().union(*(v.signatures for v in self.variants.values()))
    return (
      f"ModuleInfo({self.handle!r}: variants {self.tags_text()}; "
      f"signatures {', '.join(sorted(names))})"
    )

  def _repr_html_(self) -> str:
    return module_html.to_html(self.handle, self.variants)

  def variant(self, tags: Collection[str] = ()) -> VariantInfo:
    """Returns the variant with exactly these tags.

    Raises:
      UserError: no variant has them.
    """
    found = self.variants.get(frozenset(tags))
    if found is None:
      raise UserError(
        f"Module {self.handle!r} has no graph variant with tags "
        f"{sorted(tags)}; it has: {self.tags_text()}."
      )
    return found

  def default_variant(self) -> VariantInfo:
    """Returns the variant without tags, or the first one if all have tags."""
    return self.variants.get(frozenset()) or next(iter(self.variants.values()))

  def tags_text(self) -> str:
    """Returns the tags of all variants, for messages."""
    return ", ".join(str(sorted(t)) for t in sorted(self.variants, key=sorted))

  def signature(self, name: str, tags: Collection[str] = ()) -> SignatureInfo:
    """Returns a signature of a variant.

    Raises:
      UserError: the variant or the signature doesn't exist.
    """
    signatures = self.variant(tags).signatures
    if name not in signatures:
      raise UserError(
        f"Module {self.handle!r} has no signature {name!r}; "
        + nearest(name, signatures)
      )
    return signatures[name]

  def output(
    self, signature: str, name: str | None, tags: Collection[str] = ()
  ) -> str:
    """Returns the name of an output.

    Args:
      signature: the name of the signature.
      name: the output's name; None means "default", or the only output.
      tags: the tags of the variant.

    Raises:
      UserError: the signature or output doesn't exist, or `name` is None and
        there are several outputs but no "default".
    """
    outputs = self.signature(signature, tags).outputs
    if name is None:
      if "default" in outputs:
        return "default"
      if len(outputs) == 1:
        return next(iter(outputs))
      raise UserError(
        f"Signature {signature!r} of module {self.handle!r} has no output "
        f"'default'; name one with module.output: {', '.join(sorted(outputs))}."
      )
    if name not in outputs:
      raise UserError(
        f"Signature {signature!r} of module {self.handle!r} has no output "
        f"{name!r}; {nearest(name, outputs)}"
      )
    return name

  def missing_ops(self) -> list[str]:
    """Returns the custom ops that this process lacks, sorted.

    Packages that are installed and known to register them are imported first.
    """
    return custom_ops.register(self._ops())

  def foreign_ops(self) -> list[str]:
    """Returns the ops that TensorFlow alone lacks, sorted."""
    return custom_ops.foreign(self._ops())

  def _ops(self) -> set[str]:
    return {op for variant in self.variants.values() for op in variant.ops}

  def check_ops_registered(self) -> None:
    """Checks that this process has all ops of the module.

    Raises:
      UserError: it lacks some; the message names them and their packages.
    """
    custom_ops.require(f"Module {self.handle!r}", self._ops())
