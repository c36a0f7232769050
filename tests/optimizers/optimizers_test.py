import numpy as np
import pytest

from hub_estimator import optimizers
from hub_estimator.errors import UserError
from hub_estimator.optimizers import schedules
from hub_estimator.tensorflow_runtime import tf


def _steps(optimizer, fine_tuning, n_steps, loss_of=None, update=False):
  """Runs steps on a module variable m and a head variable h, both from 1.0."""
  with tf.Graph().as_default(), tf.Session() as session:
    m = tf.get_variable(
      "m", [], initializer=tf.ones_initializer(), use_resource=True
    )
    h = tf.get_variable(
      "h", [], initializer=tf.ones_initializer(), use_resource=True
    )
    seen = tf.get_variable(
      "seen", [], initializer=tf.zeros_initializer(), trainable=False
    )
    loss = (loss_of or (lambda m, h: m + h))(m, h)
    ops = [seen.assign(m).op] if update else []
    train_op = optimizers.build_train_op(
      optimizer,
      fine_tuning,
      loss=loss,
      module_variables=[m],
      head_variables=[h],
      update_ops=ops,
    )
    session.run(tf.global_variables_initializer())
    values = []
    for _ in range(n_steps):
      session.run(train_op)
      values.append(session.run([m, h, seen, tf.train.get_global_step()]))
  return np.array(values)


@pytest.mark.parametrize(
  "optimizer",
  [optimizers.SGD(0.1), optimizers.Adam(0.1), optimizers.RMSProp(0.1)],
)
def test_the_multiplier_scales_what_the_module_moves(optimizer):
  values = _steps(
    optimizer, optimizers.FineTuning(module_rate_multiplier=0.1), 5
  )
  moved = 1 - values[:, :2]
  np.testing.assert_allclose(moved[:, 0], 0.1 * moved[:, 1], rtol=1e-3)


def test_a_multiplier_of_one_is_one_optimizer():
  one = _steps(optimizers.Adam(0.1), optimizers.FineTuning(1.0), 5)
  np.testing.assert_array_equal(one[:, 0], one[:, 1])


@pytest.mark.parametrize(
  "optimizer", [optimizers.SGD(0.1), optimizers.Adam(0.1)]
)
def test_the_module_rests_for_its_first_steps_and_starts_afresh(optimizer):
  values = _steps(
    optimizer,
    optimizers.FineTuning(module_rate_multiplier=1.0, freeze_module_steps=3),
    5,
  )
  np.testing.assert_array_equal(values[:3, 0], 1.0)
  np.testing.assert_allclose(values[3:, 0], values[:2, 1], rtol=1e-6)
  np.testing.assert_array_equal(values[:, 3], [1, 2, 3, 4, 5])


def test_update_ops_run_before_variables_move():
  values = _steps(
    optimizers.SGD(0.5), optimizers.FineTuning(1.0), 2, update=True
  )
  np.testing.assert_allclose(values[:, 2], [1.0, 0.5])


def test_a_loss_that_is_not_finite_changes_nothing():
  with tf.Graph().as_default(), tf.Session() as session:
    h = tf.get_variable(
      "h", [], initializer=tf.ones_initializer(), use_resource=True
    )
    scale = tf.placeholder_with_default(1.0, [])
    train_op = optimizers.build_train_op(
      optimizers.SGD(0.1),
      optimizers.FineTuning(),
      loss=h * scale,
      module_variables=[],
      head_variables=[h],
      update_ops=[],
    )
    session.run(tf.global_variables_initializer())
    for bad in (np.nan, np.inf):
      with pytest.raises(
        tf.errors.InvalidArgumentError, match=optimizers.NOT_FINITE
      ):
        session.run(train_op, {scale: bad})
    assert session.run([h, tf.train.get_global_step()]) == [1.0, 0]
    session.run(train_op)
    assert session.run(tf.train.get_global_step()) == 1


def test_a_gradient_that_is_not_finite_stops_the_step_too():
  def loss_of(m, h):
    return tf.sqrt(m - 1.0) + h  # Finite at 1; its gradient isn't.

  with pytest.raises(
    tf.errors.InvalidArgumentError, match=optimizers.NOT_FINITE
  ):
    _steps(optimizers.SGD(0.1), optimizers.FineTuning(), 1, loss_of)


def test_a_multiplier_of_zero_names_the_way_to_freeze():
  with pytest.raises(UserError, match="module.trainable = False"):
    optimizers.FineTuning(module_rate_multiplier=0)


def test_a_schedule_is_passed_uncalled():
  def rate(step):
    return schedules.exponential(step, rate=1.0, decay_steps=1, decay=0.5)

  values = _steps(optimizers.SGD(rate), optimizers.FineTuning(1.0), 3)
  np.testing.assert_allclose(values[:, 1], [0.0, -0.5, -0.75])


@pytest.mark.parametrize(
  "optimizer",
  [
    optimizers.SGD(0.1, momentum=0.9),
    optimizers.Adagrad(0.1),
    optimizers.FTRL(0.1),
  ],
)
def test_every_optimizer_goes_downhill(optimizer):
  values = _steps(optimizer, optimizers.FineTuning(), 3)
  assert (np.diff(values[:, :2], axis=0) < 0).all()


def _train_matrix(optimizer, fine_tuning, gradients, names=("m",)):
  """Runs steps with given gradients on matrices that start at one."""
  with tf.Graph().as_default(), tf.Session() as session:
    variables = [
      tf.get_variable(
        name, [2, 2], initializer=tf.ones_initializer(), use_resource=True
      )
      for name in names
    ]
    fed = tf.placeholder(tf.float32, [2, 2])
    train_op = optimizers.build_train_op(
      optimizer,
      fine_tuning,
      loss=tf.add_n([tf.reduce_sum(v * fed) for v in variables]),
      module_variables=variables,
      head_variables=[],
      update_ops=[],
    )
    session.run(tf.global_variables_initializer())
    for gradient in gradients:
      session.run(train_op, {fed: gradient})
    return session.run(variables)


GRADIENTS = np.random.default_rng(0).normal(size=(4, 2, 2)).astype(np.float32)


def test_adamw_is_decoupled_as_in_the_paper():
  rate, decay, b1, b2, eps = 0.1, 0.2, 0.9, 0.999, 1e-8
  w, m, v = np.ones((2, 2)), 0.0, 0.0
  for t, g in enumerate(GRADIENTS, 1):
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    corrected = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
    w = w - corrected * m / (np.sqrt(v) + eps) - rate * decay * w
  (got,) = _train_matrix(
    optimizers.AdamW(rate, decay), optimizers.FineTuning(1.0), GRADIENTS
  )
  np.testing.assert_allclose(got, w, rtol=1e-4)


def test_lars_is_layerwise_as_in_the_paper():
  rate, momentum, decay, trust = 2.0, 0.9, 0.1, 0.02
  w, velocity = np.ones((2, 2)), 0.0
  for g in GRADIENTS:
    size = np.linalg.norm(w)
    ratio = trust * size / (np.linalg.norm(g) + decay * size)
    velocity = momentum * velocity + ratio * (g + decay * w)
    w = w - rate * velocity
  (got,) = _train_matrix(
    optimizers.LARS(rate, momentum, decay, trust),
    optimizers.FineTuning(1.0),
    GRADIENTS,
  )
  np.testing.assert_allclose(got, w, rtol=1e-5)


def test_lars_moves_what_starts_at_zero_and_biases_as_momentum_does():
  values = _steps(optimizers.LARS(0.1), optimizers.FineTuning(1.0), 3)
  plain = _steps(optimizers.SGD(0.1, 0.9), optimizers.FineTuning(1.0), 3)
  np.testing.assert_array_equal(values, plain)


@pytest.mark.parametrize(
  "optimizer", [optimizers.SGD(0.5, 0.9), optimizers.Adam(0.1)]
)
def test_accumulated_batches_move_as_their_mean_does(optimizer):
  means = GRADIENTS.reshape(2, 2, 2, 2).mean(axis=1)
  (want,) = _train_matrix(optimizer, optimizers.FineTuning(1.0), means)
  accumulating = optimizers.FineTuning(1.0, accumulate_batches=2)
  (got,) = _train_matrix(optimizer, accumulating, GRADIENTS)
  np.testing.assert_allclose(got, want, rtol=1e-5)
  # Nothing moves in between.
  (half,) = _train_matrix(optimizer, accumulating, GRADIENTS[:3])
  (first,) = _train_matrix(optimizer, optimizers.FineTuning(1.0), means[:1])
  np.testing.assert_allclose(half, first, rtol=1e-5)


def test_accumulated_batches_are_clipped_as_one():
  (got,) = _train_matrix(
    optimizers.SGD(1.0),
    optimizers.FineTuning(1.0, accumulate_batches=4, clip_norm=0.1),
    GRADIENTS,
  )
  mean = GRADIENTS.mean(axis=0)
  want = 1 - mean * 0.1 / np.linalg.norm(mean)
  np.testing.assert_allclose(got, want, rtol=1e-5)


def test_accumulated_sparse_gradients_add_up():
  rows = np.array([[0, 2], [2, 1]])
  with tf.Graph().as_default(), tf.Session() as session:
    table = tf.get_variable(
      "t", [3, 2], initializer=tf.ones_initializer(), use_resource=True
    )
    ids = tf.placeholder(tf.int64, [2])
    train_op = optimizers.build_train_op(
      optimizers.SGD(1.0),
      optimizers.FineTuning(1.0, accumulate_batches=2),
      loss=tf.reduce_sum(tf.nn.embedding_lookup(table, ids)),
      module_variables=[table],
      head_variables=[],
      update_ops=[],
    )
    session.run(tf.global_variables_initializer())
    for batch in rows:
      session.run(train_op, {ids: batch})
    got = session.run(table)
  np.testing.assert_allclose(got, 1 - np.array([[1, 1], [1, 1], [2, 2]]) / 2)


LAYERS = ("top", "mid", "low")


def test_layers_decay_from_the_head_down():
  got = _train_matrix(
    optimizers.SGD(1.0),
    optimizers.FineTuning(0.5, layers=LAYERS, layer_decay=0.5),
    GRADIENTS[:1],
    names=("low", "mid", "top", "other"),
  )
  for value, rate in zip(got, (0.125, 0.25, 0.5, 0.5), strict=True):
    np.testing.assert_allclose(value, 1 - rate * GRADIENTS[0], rtol=1e-6)


def test_layers_thaw_one_after_the_other():
  got = _train_matrix(
    optimizers.SGD(1.0),
    optimizers.FineTuning(
      1.0, layers=LAYERS, freeze_module_steps=1, unfreeze_every_steps=1
    ),
    GRADIENTS,
    names=("low", "mid", "top"),
  )
  for value, rest in zip(got, (3, 2, 1), strict=True):
    want = 1 - GRADIENTS[rest:].sum(axis=0)
    np.testing.assert_allclose(value, want, rtol=1e-5)


def test_a_layer_without_variables_is_refused():
  with pytest.raises(UserError, match="layers has 'botom', and no trained"):
    _train_matrix(
      optimizers.SGD(1.0),
      optimizers.FineTuning(1.0, layers=["botom"]),
      GRADIENTS,
    )


def test_the_rate_is_scaled_where_asked():
  with tf.Graph().as_default(), tf.Session() as session:
    h = tf.get_variable(
      "h", [], initializer=tf.ones_initializer(), use_resource=True
    )
    train_op = optimizers.build_train_op(
      optimizers.SGD(0.1),
      optimizers.FineTuning(),
      loss=h,
      module_variables=[],
      head_variables=[h],
      update_ops=[],
      rate_scale=4.0,
    )
    session.run(tf.global_variables_initializer())
    session.run(train_op)
    np.testing.assert_allclose(session.run(h), 0.6, rtol=1e-6)


def test_adamw_leaves_biases_alone():
  values = _steps(
    optimizers.AdamW(0.1, weight_decay=0.5), optimizers.FineTuning(1.0), 3
  )
  plain = _steps(optimizers.Adam(0.1), optimizers.FineTuning(1.0), 3)
  np.testing.assert_array_equal(values, plain)


def test_clipping_cuts_values_and_then_scales_the_norm():
  (got,) = _train_matrix(
    optimizers.SGD(1.0),
    optimizers.FineTuning(1.0, clip_value=0.5, clip_norm=0.3),
    GRADIENTS[:1],
  )
  cut = np.clip(GRADIENTS[0], -0.5, 0.5)
  cut *= min(1.0, 0.3 / np.linalg.norm(cut))
  np.testing.assert_allclose(got, 1 - cut, rtol=1e-5)


def test_groups_multiply_the_rate_and_zero_rests():
  fine_tuning = optimizers.FineTuning(
    module_rate_multiplier=0.5, rate_groups=[("low", 0.0), ("mid", 0.1)]
  )
  got = _train_matrix(
    optimizers.SGD(1.0),
    fine_tuning,
    GRADIENTS[:1],
    names=("low", "mid", "high"),
  )
  for value, rate in zip(got, (0.0, 0.05, 0.5), strict=True):
    np.testing.assert_allclose(value, 1 - rate * GRADIENTS[0], rtol=1e-6)


@pytest.mark.parametrize(
  "fields, why",
  [
    ({"rate_groups": [("(", 1.0)]}, "isn't a regex"),
    ({"rate_groups": [("a", -1.0)]}, "at least 0"),
    ({"clip_norm": 0.0}, "clip_norm is 0.0"),
    ({"layers": "top"}, r"write \['top'\]"),
    ({"layers": ["("]}, "isn't a regex"),
    ({"layer_decay": 0.9}, "need fine_tuning.layers"),
    ({"accumulate_batches": 0}, "accumulate_batches is 0; it is at least 1"),
    ({"l2_sp": -1.0}, "l2_sp is -1.0"),
    ({"clip_value": -1.0}, "clip_value is -1.0"),
    ({"average_decay": 1.0}, "between 0 and 1"),
  ],
)
def test_what_fine_tuning_cannot_do_is_refused(fields, why):
  with pytest.raises(UserError, match=why):
    optimizers.FineTuning(**fields)


def test_averages_follow_the_decay():
  with tf.Graph().as_default(), tf.Session() as session:
    h = tf.get_variable(
      "h", [], initializer=tf.ones_initializer(), use_resource=True
    )
    train_op = optimizers.build_train_op(
      optimizers.SGD(0.1),
      optimizers.FineTuning(average_decay=0.5),
      loss=h,
      module_variables=[],
      head_variables=[h],
      update_ops=[],
    )
    session.run(tf.global_variables_initializer())
    average = next(
      v
      for v in tf.global_variables()
      if v.op.name == optimizers.average_name("h")
    )
    want, value = 1.0, 1.0
    for step in range(4):
      session.run(train_op)
      value -= 0.1
      decay = min(0.5, (1 + step) / (10 + step))
      want = decay * want + (1 - decay) * value
      np.testing.assert_allclose(session.run(average), want, rtol=1e-5)
