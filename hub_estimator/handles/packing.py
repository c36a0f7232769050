"""Modules packed as the tar.gz that a web server offers to `hub.Module`."""

import gzip
import io
import json
import pathlib
import tarfile

from hub_estimator.errors import UserError
from hub_estimator.model_dir import Version

# The entries of a manifest that differ between two exports of one checkpoint.
_VOLATILE = ("version",)


def pack_version(version: Version) -> list[pathlib.Path]:
  """Packs each module of a version, and returns the archives' paths.

  They are beside the versions: `packed/<version>/<export_name>.tar.gz`.

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

  The same checkpoint gives the same bytes: names are sorted, and times and owners
  are left out. (Exporting writes protos in a fixed order.)

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


def _add(
  archive: tarfile.TarFile, module: pathlib.Path, path: pathlib.Path
) -> None:
  below = path.relative_to(module)
  info = tarfile.TarInfo(f"./{below}")
  info.mode = 0o755 if path.is_dir() else 0o644
  if path.is_dir():
    info.type = tarfile.DIRTYPE
    archive.addfile(info)
  elif below == pathlib.Path("assets.extra/manifest.json"):
    content = _lasting_manifest(path)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))
  else:
    info.size = path.stat().st_size
    with path.open("rb") as file:
      archive.addfile(info, file)


def _lasting_manifest(path: pathlib.Path) -> bytes:
  """Returns a manifest without its volatile entries."""
  manifest = json.loads(path.read_text())
  kept = {k: v for k, v in manifest.items() if k not in _VOLATILE}
  return json.dumps(kept, indent=2, sort_keys=True).encode()
