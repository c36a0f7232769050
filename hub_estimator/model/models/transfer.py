"""The model of most runs: modules that encode features, and a head on top."""

import dataclasses
from collections.abc import Mapping, Sequence

import gin

from hub_estimator import inputs
from hub_estimator.model import encoders, reading
from hub_estimator.model.application import Application
from hub_estimator.model.model_fn import make_model_fn
from hub_estimator.model.models.interface import ModelFn, Parts, rate_scale
from hub_estimator.modules import ModuleInfo


@gin.register("transfer", module="models")
@dataclasses.dataclass(frozen=True)
class Transfer:
  """Encoder, top and head: `run.encoder`, `run.top` and `run.head`."""

  @property
  def reads(self) -> frozenset[str]:
    """All parts of the run."""
    return frozenset(
      {
        "encoder",
        "top",
        "head",
        "optimizer",
        "fine_tuning",
        "metrics",
        "rate_for_batch_size",
        "towers",
        "cache_features",
      }
    )

  def applications(self, parts: Parts) -> Sequence[Application]:
    """Returns those of the encoder."""
    return parts.encoder.applications()

  def features_read(
    self,
    parts: Parts,
    infos: Mapping[str, ModuleInfo],
    specs: Mapping[str, inputs.FeatureSpec],
  ) -> set[str]:
    """Returns the features that modules, tokenizers and columns read."""
    applications = self.applications(parts)
    if not encoders.is_known(parts.encoder):
      reading.check_features(applications, infos, specs)
      return set(specs)  # Another's encoder may read any feature.
    return encoders.columns_read(parts.encoder) | reading.features_read(
      applications, infos, specs
    )

  def make_model_fn(
    self, parts: Parts, infos: Mapping[str, ModuleInfo]
  ) -> ModelFn:
    """Returns the model_fn of the parts."""
    return make_model_fn(
      infos,
      parts.encoder,
      top=parts.top,
      head=parts.head,
      optimizer=parts.optimizer,
      fine_tuning=parts.fine_tuning,
      metrics=parts.metrics,
      rate_scale=rate_scale(parts),
      n_towers=parts.towers,
      max_steps=parts.max_steps,
    )

  def identity(self, parts: Parts) -> dict[str, str]:
    """Returns head and top."""
    return {"head": repr(parts.head), "top": repr(parts.top)}
