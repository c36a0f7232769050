"""Host a folder of modules for hub.Module and hub_estimator, on a team's network.

U?tf-hub-format=compressed answers with the tar.gz of the module at the path U; "/"
lists them. No login, no TLS: put a web server in front for these.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "directory", metavar="DIR", help="holds modules, at any depth"
  )
  parser.add_argument(
    "--host",
    default="127.0.0.1",
    help="the address to listen at; 0.0.0.0 for others (default: %(default)s)",
  )
  parser.add_argument(
    "--port", type=int, default=8470, help="0 takes any (default: %(default)s)"
  )


def main(args: argparse.Namespace) -> int:
  """Serves until it is interrupted."""
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  from hub_estimator.handles import hosting

  server = hosting.ModuleServer(args.directory, host=args.host, port=args.port)
  with server:
    for path in server.modules():
      print(f"{server.url}{path}")
    print(f"serving {args.directory} at {server.url}", flush=True)
    server.serve_forever()
  return 0
