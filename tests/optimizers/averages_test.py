import numpy as np

from hub_estimator import optimizers
from hub_estimator.tensorflow_runtime import tf
from tests.optimizers.steps import build_head_step


def test_averages_follow_the_decay():
  with tf.Graph().as_default(), tf.Session() as session:
    _, train_op = build_head_step(
      optimizers.SGD(0.1), optimizers.FineTuning(average_decay=0.5)
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
