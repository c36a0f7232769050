"""The pages of the reference are up to date with the docstrings."""

import importlib.util
import pathlib

import pytest

from hub_estimator import config

pytestmark = pytest.mark.newest

DOCS = pathlib.Path(__file__).parent.parent / "docs"
_spec = importlib.util.spec_from_file_location(
  "make_reference", DOCS / "make_reference.py"
)
make_reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_reference)


@pytest.mark.parametrize("page", make_reference.PAGES)
def test_a_page_is_what_the_docstrings_say(page):
  written = (DOCS / "reference" / f"{page}.md").read_text(encoding="utf-8")
  assert written == make_reference.to_markdown(page), "run `make reference`"


def test_every_part_stands_on_one_page():
  listed = [
    name
    for _, _, places in make_reference.PAGES.values()
    for place in places
    for name in make_reference.parts_of(place)
  ]
  registered = {
    selector.removeprefix("hub_estimator.")
    for selector, part in config.registered_parts().items()
    if part.__module__.startswith("hub_estimator.")
    and ".examples" not in part.__module__
  }
  assert len(listed) == len(set(listed))
  assert set(listed) == registered


def test_every_parameter_is_shown_with_its_default():
  page = make_reference.to_markdown("regimes")
  assert "fine_tuning.module_rate_multiplier = 0.1" in page
  assert "schedules.cosine.decay_steps = # required" in page
