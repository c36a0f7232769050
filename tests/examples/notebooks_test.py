"""The notebooks of the examples run, cell by cell, in a kernel of their own."""

import pathlib

import pytest

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "examples" / "notebooks"


@pytest.mark.slow
@pytest.mark.newest
@pytest.mark.parametrize(
  "path", NOTEBOOKS.glob("*.ipynb"), ids=lambda p: p.stem
)
def test_a_notebook_runs_and_shows_its_values(path, tmp_path):
  nbclient = pytest.importorskip("nbclient")
  nbformat = pytest.importorskip("nbformat")
  notebook = nbformat.read(path, as_version=4)
  assert not any(cell.get("outputs") for cell in notebook.cells)
  nbclient.NotebookClient(
    notebook,
    timeout=300,
    resources={"metadata": {"path": str(tmp_path)}},
  ).execute()
  shown = [
    output["data"]
    for cell in notebook.cells
    for output in cell.get("outputs", ())
    if output["output_type"] == "execute_result"
  ]
  # The module, the result, predictions and the ranking are tables.
  assert sum("<table" in data.get("text/html", "") for data in shown) == 4
  texts = " ".join(data["text/plain"] for data in shown)
  assert "finished at step 600" in texts
  assert "Traceback" not in str(notebook.cells)
