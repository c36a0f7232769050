"""A module as the tar.gz that a URL handle serves."""

import gzip
import io
import json
import pathlib
import tarfile

from hub_estimator.errors import UserError
from hub_estimator.model_dir import Version

# What differs between two exports of one checkpoint.
_VOLATILE = ("version",)


def pack_version(version: Version) -> list[pathlib.Path]:
  """Packs each module of a version, and returns the files.

  They lie beside the versions, as `packed/<version>/<export_name>.tar.gz`.

  Raises:
    UserError: the version has no modules.
  """
  if version.modules is None:
    raise UserError(f"Version {version.number} has no modules to pack.")
  target = version.modules.parent.parent / "packed" / str(version.number)
  return [
    pack(
      module.parent,
      target / f"{module.parent.relative_to(version.modules)}.tar.gz",
    )
    for module in sorted(version.modules.rglob("tfhub_module.pb"))
  ]


def pack(module: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
  """Writes an exported module as a tar.gz whose root is the module's root.

  The same checkpoint gives the same bytes: names are sorted, times and owners
  left out. (Exporting writes protos in one fixed order.)

  Args:
    module: directory of the module.
    target: the file to write.

  Returns:
    `target`.
  """
  target.parent.mkdir(parents=True, exist_ok=True)
  partial = target.with_name(f".{target.name}.partial")
  with open(partial, "wb") as file:
    with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
      with tarfile.open(
        fileobj=packed, mode="w", format=tarfile.PAX_FORMAT
      ) as archive:
        for path in sorted(module.rglob("*")):
          _add(archive, module, path)
  partial.rename(target)
  return target


def _add(archive, module: pathlib.Path, path: pathlib.Path) -> None:
  info = tarfile.TarInfo(f"./{path.relative_to(module)}")
  info.mode = 0o755 if path.is_dir() else 0o644
  if path.is_dir():
    info.type = tarfile.DIRTYPE
    archive.addfile(info)
    return
  if path.relative_to(module) == pathlib.Path("assets.extra/manifest.json"):
    manifest = json.loads(path.read_text())
    kept = {k: v for k, v in manifest.items() if k not in _VOLATILE}
    content = io.BytesIO(json.dumps(kept, indent=2, sort_keys=True).encode())
  else:
    with path.open("rb") as file:
      info.size = path.stat().st_size
      archive.addfile(info, file)
    return
  info.size = len(content.getbuffer())
  archive.addfile(info, content)
