"""The description of a module as HTML, for notebooks."""

import html
from collections.abc import Mapping

from hub_estimator.modules.variant_info import TensorInfo, VariantInfo

_HEAD = (
  "<tr><th>variant</th><th>signature</th><th>inputs</th><th>outputs</th></tr>"
)


def to_html(handle: str, variants: Mapping[frozenset[str], VariantInfo]) -> str:
  """Returns a table with a row for each signature of each variant.

  Args:
    handle: the module's handle.
    variants: the module's variants, by tags.
  """
  rows = [
    f"<tr><td>{html.escape(str(sorted(variant.tags)))}</td>"
    f"<td>{html.escape(name)}</td>"
    f"<td>{_cell(signature.inputs)}</td><td>{_cell(signature.outputs)}</td></tr>"
    for _, variant in sorted(variants.items(), key=lambda item: sorted(item[0]))
    for name, signature in sorted(variant.signatures.items())
  ]
  return (
    f"<p><code>{html.escape(handle)}</code></p>"
    f"<table>{_HEAD}{''.join(rows)}</table>"
  )


def _cell(tensors: Mapping[str, TensorInfo]) -> str:
  return "<br>".join(
    html.escape(f"{name}: {tensor}") for name, tensor in tensors.items()
  )
