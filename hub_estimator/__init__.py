"""Fine-tune, compare and re-export TF1 Hub modules with tf.estimator."""
