"""The page of a run, read by a parser and by a real browser."""

import html.parser
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from hub_estimator.trainers import main as command

from hub_estimator import heads, inputs, pages, testing
from hub_estimator.pages import writing
from hub_estimator.tensorflow_runtime import hub, tf
from tests.image_folders import write_images
from tests.small_runs import make_experiment, make_regression, replace

COVERS = ("drawing", "findings", "mistakes", "thumbnails")

_BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
HOSTILE = (
  "<script>alert('x')</script>",
  "שלום עולם",
  'c\'est "bon"',
  "x" * 300,
)


class _Reader(html.parser.HTMLParser):
  """Counts elements, and keeps text and what would be fetched."""

  def __init__(self, text):
    super().__init__()
    self.tags, self.fetched, self.text = [], [], []
    self.feed(text)

  def handle_starttag(self, tag, attrs):
    self.tags.append(tag)
    self.fetched += [
      value
      for name, value in attrs
      if name in ("src", "href", "srcset", "action", "data")
      and not value.startswith(("#", "data:image/jpeg;base64,"))
    ]

  def handle_data(self, data):
    self.text.append(data)


def _written(run):
  page = pages.write_run_page(run.model_dir)
  facts = json.loads((run.model_dir / "report.json").read_text())
  return _Reader(page.read_text()), facts


@pytest.fixture
def binary(trained_runs, dense, numbers_npz, tmp_path):
  experiment = make_experiment(dense, numbers_npz)
  return trained_runs.copy(experiment, tmp_path / "run <1>")


def test_the_page_of_a_binary_head_has_the_scores_of_the_run(
  binary, numbers_npz
):
  page, facts = _written(binary)
  found, metrics = facts["predictions"], binary.result.metrics
  accuracy = found["scores"]["accuracy"]
  assert accuracy["value"] == pytest.approx(metrics["accuracy"])
  assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
  # Estimator's is an approximation by 200 thresholds.
  assert found["scores"]["area below the ROC curve"]["value"] == pytest.approx(
    metrics["auc"], abs=0.01
  )
  matrix = np.array(found["confusion"])
  assert np.trace(matrix) / matrix.sum() == pytest.approx(accuracy["value"])
  assert matrix[1, 1] / matrix[1].sum() == pytest.approx(metrics["recall"])
  weights = [mistake["weight"] for mistake in found["mistakes"]]
  assert weights == sorted(weights, reverse=True)
  data = np.load(numbers_npz)
  for mistake in found["mistakes"]:
    assert mistake["true"] == str(data["label"][mistake["row"]])
    assert mistake["predicted"] != mistake["true"]
    first = float(mistake["values"]["x"].split(",")[0])
    assert first == pytest.approx(data["x"][mistake["row"]][0], rel=1e-3)
  for example in found["examples"]:
    assert example["true"] == str(data["label"][example["row"]])
  assert "run <1>" in page.text
  assert page.tags.count("svg") >= 6 and not page.fetched


def test_the_page_of_a_regression_has_residuals(
  trained_runs, dense, numbers_npz, tmp_path
):
  run = trained_runs.copy(make_regression(dense, numbers_npz), tmp_path / "run")
  page, facts = _written(run)
  found = facts["predictions"]
  assert found["scores"]["root mean squared error"]["value"] ** 2 == (
    pytest.approx(run.result.metrics["average_loss"], rel=1e-4)
  )
  assert sum(count for _, _, count in found["residuals"]) == 96
  assert "Residuals" in page.text and "Farthest off" in page.text


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, trained_runs):
  """The run of a folder of images of four classes with hostile names."""
  folder = tmp_path_factory.mktemp("pictures")
  names = ["<b>cat", "שלום", "c'est", "dog"]
  write_images(folder / "all", dict.fromkeys(names, 8))

  def module_fn():
    images = tf.placeholder(tf.float32, [None, 8, 8, 3])
    hub.add_signature(
      inputs={"images": images}, outputs=tf.reduce_mean(images, [1, 2])
    )

  module = testing.export_module(str(folder / "module"), module_fn)
  source = inputs.image_folder(str(folder / "all"))
  experiment = replace(
    make_experiment(module, "unused.npz", head=heads.MultiClass()),
    train_input=source,
    eval_input=source,
    max_steps=2,
  )
  return trained_runs.copy(experiment, folder / "run")


def test_the_page_of_pictures_shows_them_small(pictures):
  page, facts = _written(pictures)
  found = facts["predictions"]
  assert [c["name"] for c in found["classes"]] == sorted(
    ["<b>cat", "שלום", "c'est", "dog"]
  )
  assert all(
    m["picture"].startswith("data:image/jpeg") for m in found["mistakes"]
  )
  assert all(f"/{m['true']}/" in m["file"] for m in found["mistakes"])
  assert page.tags.count("img") == len(found["mistakes"]) + 4 > 4
  assert "b" not in page.tags[: page.tags.index("main")]
  assert not page.fetched


def test_the_command_writes_the_page_and_a_run_without_data_says_so(
  binary, capsys, numbers_npz
):
  assert command.main(["report", str(binary.model_dir)]) == 0
  assert capsys.readouterr().out == f"report   {binary.model_dir}/report.html\n"
  (binary.model_dir / "report.html").unlink()
  config = binary.model_dir / "config.gin"
  config.write_text(config.read_text().replace(numbers_npz, "/gone.npz"))
  assert command.main(["report", str(binary.model_dir)]) == 2
  assert "gone.npz" in capsys.readouterr().err
  assert not (binary.model_dir / "report.html").exists()


@pytest.fixture
def hostile(binary):
  """Facts and findings with names that try to break out, of many classes."""
  _, facts = _written(binary)
  found = facts.pop("predictions")
  facts["name"] = HOSTILE[0]
  facts["config"] = "</pre></script>" + HOSTILE[0]
  facts["modules"]["module"]["handle"] = "https://example.com/" + HOSTILE[3]
  names = [*HOSTILE, *(f"class {i}" for i in range(996))]
  found["classes"] = [
    {"name": n, "examples": 1, "recall": None, "precision": 0.5} for n in names
  ]
  found["confusion"] = None
  found["confused"] = [{"true": names[0], "predicted": names[1], "count": 3}]
  found["mistakes"] = [
    {
      "row": i,
      "true": names[i % 4],
      "predicted": names[(i + 1) % 4],
      "weight": 0.9,
      "values": {HOSTILE[0]: "<img src=x onerror=alert(1)> " + HOSTILE[3]},
      "picture": None,
      "file": None,
    }
    for i in range(12)
  ]
  return facts, found


def test_hostile_names_and_a_thousand_classes_stay_text(hostile):
  text = writing.render(*hostile)
  page = _Reader(text)
  assert page.tags.count("script") == 1 and "img" not in page.tags
  assert not page.fetched
  assert HOSTILE[0] in "".join(page.text)
  assert len(text.encode()) < 1_500_000


def _browse(path, tmp_path, *arguments):
  done = subprocess.run(
    [
      _BROWSER,
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--host-resolver-rules=MAP * ~NOTFOUND",
      "--virtual-time-budget=5000",
      "--enable-logging=stderr",
      f"--user-data-dir={tmp_path / 'profile'}",
      *arguments,
      path.as_uri(),
    ],
    capture_output=True,
    text=True,
    check=True,
    timeout=120,
  )
  assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
  return done.stdout


@pytest.mark.skipif(_BROWSER is None, reason="no Chromium on this machine")
@pytest.mark.slow
@pytest.mark.parametrize("width", [500, 1000, 1600])
def test_a_browser_shows_the_page_within_its_window(hostile, tmp_path, width):
  # Measures the page, and chooses the second class of the filter.
  probe = """<script>
    const root = document.documentElement;
    document.body.dataset.over = root.scrollWidth - root.clientWidth;
    const select = document.getElementById("class-filter");
    select.value = "1";
    select.dispatchEvent(new Event("change"));
    document.body.dataset.cards =
      [...document.querySelectorAll(".card")].filter(c => c.dataset.place && !c.hidden)
        .map(c => c.dataset.place).join();
  </script></body>"""
  path = tmp_path / "page.html"
  path.write_text(writing.render(*hostile).replace("</body>", probe))
  dom = _browse(path, tmp_path, "--dump-dom", f"--window-size={width},900")
  (body,) = re.findall(r"<body[^>]*>", dom)
  assert 'data-over="0"' in body
  assert 'data-cards="1,1,1"' in body
  assert ">3 shown<" in dom


@pytest.mark.skipif(_BROWSER is None, reason="no Chromium on this machine")
@pytest.mark.slow
def test_light_and_dark_have_their_own_colours(binary, tmp_path):
  page = pages.write_run_page(binary.model_dir)
  probe = (
    "<script>document.body.dataset.paper ="
    " getComputedStyle(document.body).backgroundColor</script></body>"
  )
  path = tmp_path / "page.html"
  path.write_text(page.read_text().replace("</body>", probe))
  for scheme, paper in ((0, "rgb(18, 23, 30)"), (1, "rgb(255, 255, 255)")):
    dom = _browse(
      path,
      tmp_path,
      "--dump-dom",
      f"--blink-settings=preferredColorScheme={scheme}",
    )
    assert f'data-paper="{paper}"' in dom
