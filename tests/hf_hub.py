"""A repository of the Hugging Face Hub, on a host on loopback."""

import hashlib
import json
import pathlib
import urllib.parse

COMMIT = "c0ffee" * 6 + "c0de"


class Repository:
  """A repository on a host that is the Hub.

  Attributes:
    files: content by path.
    lfs: paths of those that storage has, behind a redirect to another host.
    commit: that every revision stands for.
    send: sends a file's content; the test may replace it.
  """

  def __init__(self, host, module, folder=""):
    root = pathlib.Path(module)
    self.files = {
      folder + str(path.relative_to(root)): path.read_bytes()
      for path in root.rglob("*")
      if path.is_file()
    }
    self.files["README.md"] = b"# Dense"
    self.files["pytorch_model.bin"] = b"0" * 9
    self.lfs = {path for path in self.files if ".data-" in path}
    self.commit = COMMIT
    self.host = host
    self.send = lambda handler, path: handler.send_archive(self.files[path])
    host.headers = {}
    host.behaviour = self._answer

  def downloads(self):
    """Returns the paths of all files that were asked for, in their order."""
    paths = (path for path, _ in self.host.requests)
    return [p.split("/", 5)[5] for p in paths if p.startswith("/team/")]

  def _answer(self, handler, number):
    path = urllib.parse.unquote(handler.path)
    if path.startswith("/api/models/team/dense/revision/"):
      handler.send(200, json.dumps(self._listing()).encode())
    elif path.startswith(f"/team/dense/resolve/{self.commit}/"):
      asked = path.split("/", 5)[5]
      if asked in self.lfs:
        storage = f"http://localhost:{self.host.port}/lfs/{asked}"
        handler.send(302, Location=f"{storage}?Signature=sig")
      else:
        self.send(handler, asked)
    elif path.startswith("/lfs/"):
      asked = path.removeprefix("/lfs/").partition("?")[0]
      self.host.headers = {"ETag": f'"{asked}"'}
      self.send(handler, asked)
    else:
      handler.send(404, X_Error_Code="RepoNotFound")

  def _listing(self):
    siblings = []
    for path, content in self.files.items():
      entry = {"rfilename": path, "size": len(content)}
      header = f"blob {len(content)}\0".encode()
      entry["blobId"] = hashlib.sha1(header + content).hexdigest()
      if path in self.lfs:
        digest = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"sha256": digest, "size": len(content)}
        entry["blobId"] = "of the pointer"
      siblings.append(entry)
    return {"id": "team/dense", "sha": self.commit, "siblings": siblings}
