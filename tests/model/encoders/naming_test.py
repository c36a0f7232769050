"""Each module of an encoder has a name and an export name of its own."""

import dataclasses

import pytest

from hub_estimator import runs
from hub_estimator.errors import UserError
from hub_estimator.model import encoders
from hub_estimator.model.encoders import Concat, Encoder
from hub_estimator.modules import ModuleSource
from tests.model.pairs import pairs_experiment


def test_two_modules_with_the_same_name_are_refused(
  dense, batch_norm, pairs_npz
):
  encoder = Concat([Encoder(ModuleSource(h)) for h in (dense, batch_norm)])
  with pytest.raises(UserError, match="have the module.name 'module'"):
    runs.check(pairs_experiment(dense, pairs_npz, encoder))


def test_two_modules_with_the_same_export_name_are_refused(dense, pairs_npz):
  encoder = Concat([Encoder(ModuleSource(dense, name=n)) for n in ("a", "b")])
  with pytest.raises(UserError, match="have the module.export_name 'module'"):
    runs.check(pairs_experiment(dense, pairs_npz, encoder))


def test_equal_sources_are_one_module(dense):
  source = ModuleSource(dense)
  encoder = Concat([Encoder(source), Encoder(dataclasses.replace(source))])
  assert list(encoders.sources(encoder)) == ["module"]
