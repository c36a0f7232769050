"""Augmentations change training images, the same way when a run resumes."""

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing import (
  Adapter,
  augmentations,
  build_module_inputs,
)
from hub_estimator.tensorflow_runtime import tf

IMAGES = np.random.default_rng(0).uniform(0.3, 0.6, (64, 6, 8, 3))
IMAGES = IMAGES.astype(np.float32)


def _augment(chosen, *, images=IMAGES, seed=1, step=0):
  with tf.Graph().as_default(), tf.Session() as session:
    tf.set_random_seed(seed)
    tf.train.get_or_create_global_step()
    built = augmentations.build(chosen, tf.constant(images))
    session.run(tf.global_variables_initializer())
    session.run(tf.assign(tf.train.get_global_step(), step))
    return session.run(built)


ALL = [
  augmentations.Flip(),
  augmentations.Crop(),
  augmentations.Shift(),
  augmentations.Brightness(),
  augmentations.Contrast(),
]


def test_draws_depend_on_the_seed_and_the_step_alone():
  first = _augment(ALL)
  np.testing.assert_array_equal(first, _augment(ALL))
  assert not np.array_equal(first, _augment(ALL, seed=2))
  assert not np.array_equal(first, _augment(ALL, step=1))
  assert first.shape == IMAGES.shape
  assert first.min() >= 0 and first.max() <= 1


def test_flip_mirrors_about_half():
  got = _augment([augmentations.Flip()])
  same = (got == IMAGES).all(axis=(1, 2, 3))
  mirrored = (got == IMAGES[:, :, ::-1]).all(axis=(1, 2, 3))
  assert (same ^ mirrored).all()
  assert 16 < mirrored.sum() < 48


def test_a_crop_of_the_whole_changes_nothing():
  got = _augment([augmentations.Crop(min_side=1.0)])
  np.testing.assert_allclose(got, IMAGES, atol=1e-6)


def test_a_crop_shows_a_part_of_the_image():
  # A ramp from 0 to 1 stays one, between other ends, with a smaller slope.
  ramp = np.broadcast_to(np.linspace(0, 1, 8)[:, None], (64, 6, 8, 1))
  got = _augment(
    [augmentations.Crop(min_side=0.5)], images=ramp.astype(np.float32)
  )
  slopes = np.diff(got[:, 0, :, 0], axis=1)
  np.testing.assert_allclose(slopes, slopes[:, :1] * np.ones((1, 7)), atol=1e-5)
  sides = slopes[:, 0] * 7
  assert 0.5 <= sides.min() < 0.6 and 0.9 < sides.max() <= 1.0


def test_a_shift_moves_and_fills_with_black():
  got = _augment([augmentations.Shift(0.5)], images=np.ones_like(IMAGES))
  black = (got == 0).all(axis=3).any(axis=(1, 2))
  assert black.mean() > 0.8
  assert got.max() == 1.0


def test_brightness_adds_one_number_an_image():
  difference = _augment([augmentations.Brightness(0.2)]) - IMAGES
  flat = difference.reshape(64, -1)
  np.testing.assert_allclose(flat, flat[:, :1] * np.ones(flat.shape), atol=1e-5)
  assert flat.min() >= -0.2 and flat.max() <= 0.2 and np.ptp(flat[:, 0]) > 0.3


def test_contrast_keeps_each_images_mean():
  got = _augment([augmentations.Contrast(0.5, 1.5)])
  np.testing.assert_allclose(
    got.mean(axis=(1, 2, 3)), IMAGES.mean(axis=(1, 2, 3)), atol=1e-5
  )
  factors = got.std(axis=(1, 2, 3)) / IMAGES.std(axis=(1, 2, 3))
  assert 0.5 <= factors.min() < 0.6 and 1.4 < factors.max() <= 1.5


IMAGE = SignatureInfo({"images": TensorInfo("float32", (None, 6, 8, 3))}, {})


@pytest.mark.parametrize("mode, changed", [("train", True), ("eval", False)])
def test_only_training_is_augmented(mode, changed):
  adapter = Adapter(augment=[augmentations.Brightness()])
  with tf.Graph().as_default(), tf.Session() as session:
    built = build_module_inputs(
      adapter, IMAGE, {"x": tf.constant(IMAGES)}, image_size=None, mode=mode
    )
    session.run(tf.global_variables_initializer())
    got = session.run(built["images"])
  assert np.array_equal(got, IMAGES) != changed


def test_augmenting_inputs_that_are_no_images_is_refused():
  signature = SignatureInfo({"x": TensorInfo("float32", (None, 4))}, {})
  adapter = Adapter(augment=[augmentations.Flip()])
  with tf.Graph().as_default():
    with pytest.raises(UserError, match="none of the module's inputs, x, is"):
      build_module_inputs(
        adapter,
        signature,
        {"x": tf.zeros([2, 4])},
        image_size=None,
        mode="train",
      )


@pytest.mark.parametrize(
  "make, why",
  [
    (lambda: augmentations.Crop(0.0), "above 0 and at most 1"),
    (lambda: augmentations.Contrast(2.0, 1.0), "in this order"),
    (lambda: Adapter(augment=[augmentations.Flip]), "called"),
  ],
)
def test_wrong_choices_are_refused(make, why):
  with pytest.raises(UserError, match=why):
    make()


def test_parts_have_their_gin_names_in_python():
  names = ("flip", "crop", "shift", "brightness", "contrast")
  for name, augmentation in zip(names, ALL, strict=True):
    assert getattr(augmentations, name) is type(augmentation)
