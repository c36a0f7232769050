"""Averages of trained weights, which evaluation and exports restore."""

from collections.abc import Collection, Mapping

from hub_estimator import modules, optimizers
from hub_estimator.model import encoders
from hub_estimator.modules import ModuleInfo
from hub_estimator.tensorflow_runtime import estimator, tf


def restore_averages(
  infos: Mapping[str, ModuleInfo], encoder: encoders.Applies
) -> tf.train.Scaffold:
  """Returns a scaffold that restores averages in place of trained variables.

  Args:
    infos: of the encoder's modules, by `module.name`.
    encoder: applies the modules in the current graph.
  """
  averaged = _averaged_names(infos, encoder)
  return tf.train.Scaffold(
    saver=tf.train.Saver(
      {_stored_name(v.op.name, averaged): v for v in tf.global_variables()}
    )
  )


def _averaged_names(
  infos: Mapping[str, ModuleInfo], encoder: encoders.Applies
) -> set[str]:
  """Returns the names of the variables that training averages."""
  names = {v.op.name for v in tf.trainable_variables()}
  for source in encoders.sources(encoder).values():
    if source.trainable:
      info = infos[source.name]
      tags = modules.choose_tags(info, source, estimator.ModeKeys.TRAIN)
      variables = info.variant(tags).variables
      names |= {
        f"{source.name}/{n}" for n, v in variables.items() if v.trainable
      }
  return names


def _stored_name(name: str, averaged: Collection[str]) -> str:
  return optimizers.average_name(name) if name in averaged else name
