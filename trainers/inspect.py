"""Show a module's variants, signatures, shapes, variables and assets.

Loads no variables, so even a large module takes only as long as reading its files.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "handle",
    metavar="HANDLE",
    help="a module: a directory, a URL or another handle",
  )
  flags.add_handle_arguments(parser)
  form = parser.add_mutually_exclusive_group()
  form.add_argument("--json", action="store_true", help="print one JSON object")
  form.add_argument(
    "--gin", action="store_true", help="print a run config for it"
  )


def main(args: argparse.Namespace) -> int:
  """Prints a module's description."""
  flags.read_handles(args)
  from hub_estimator.modules import inspecting, read_module_info

  info = read_module_info(args.handle)
  if args.gin:
    print(inspecting.to_gin(info), end="")
  elif args.json:
    flags.print_json(inspecting.describe(info))
  else:
    print(inspecting.to_text(inspecting.describe(info)))
  return 0
