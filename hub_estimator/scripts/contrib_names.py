"""Where names of `tf.contrib` are today, and what replaces those that are gone."""

from collections.abc import Iterator, Mapping

_DATA = """
Counter CsvDataset bucket_by_sequence_length choose_from_datasets copy_to_device
dense_to_sparse_batch enumerate_dataset get_single_element group_by_reducer
group_by_window ignore_errors make_batched_features_dataset make_csv_dataset
make_saveable_from_iterator map_and_batch parallel_interleave parse_example_dataset
prefetch_to_device rejection_resample sample_from_datasets scan shuffle_and_repeat
unbatch unique
"""
_CELLS = """
BasicLSTMCell BasicRNNCell DeviceWrapper DropoutWrapper GRUCell LSTMCell
LSTMStateTuple MultiRNNCell RNNCell ResidualWrapper
"""
_HOOKS = """
InMemoryEvaluatorHook make_early_stopping_hook make_stop_at_checkpoint_step_hook
stop_if_higher_hook stop_if_lower_hook stop_if_no_decrease_hook
stop_if_no_increase_hook
"""


def _moved() -> Iterator[tuple[str, str]]:
  for names, before, now in (
    (_DATA, "data", "data.experimental"),
    (_CELLS, "rnn", "nn.rnn_cell"),
    (_HOOKS, "estimator", "estimator.experimental"),
    ("add_metrics", "estimator", "estimator"),
    ("argsort sort nest", "framework", ""),
    (
      "create_global_step get_global_step get_or_create_global_step "
      "list_variables load_checkpoint load_variable",
      "framework",
      "train",
    ),
    ("KeyValueTensorInitializer TextFileInitializer", "lookup", "lookup"),
    ("static_bidirectional_rnn static_rnn", "rnn", "nn"),
    # They train without a TPU, too.
    (
      "InputPipelineConfig RunConfig TPUConfig TPUEstimator TPUEstimatorSpec",
      "tpu",
      "estimator.tpu",
    ),
    ("CrossShardOptimizer", "tpu", "tpu"),
    ("TPUClusterResolver", "cluster_resolver", "distribute.cluster_resolver"),
  ):
    for name in names.split():
      yield f"{before}.{name}", f"{now}.{name}".lstrip(".")


# Names that work as before, by the place that they moved to, both without "tf.".
MOVED: Mapping[str, str] = dict(_moved())

# What to use instead, by the name or the start of it; the longest counts.
REPLACED: Mapping[str, str] = {
  "cluster_resolver": "set TF_CONFIG and use tf.estimator.train_and_evaluate",
  "crf": "no TensorFlow 2 package is maintained; copy its function",
  "cudnn_rnn": "use tf.keras.layers.LSTM or tf.nn.rnn_cell.LSTMCell",
  "data.batch_and_drop_remainder": "use dataset.batch(n, drop_remainder=True)",
  "data": "look for it in tf.data.experimental",
  "distribute": "set TF_CONFIG and use tf.estimator.train_and_evaluate",
  "eager": "use tf.enable_eager_execution",
  "estimator.binary_classification_head": "use tf.estimator.BinaryClassHead",
  "estimator.multi_class_head": "use tf.estimator.MultiClassHead",
  "estimator.multi_head": "use tf.estimator.MultiHead",
  "estimator.multi_label_head": "use tf.estimator.MultiLabelHead",
  "estimator.regression_head": "use tf.estimator.RegressionHead",
  "estimator": "look for it in tf.estimator and tf.estimator.experimental",
  "framework.arg_scope": "pip install tf-slim, which has it",
  "framework.init_from_checkpoint": "use tf.train.init_from_checkpoint",
  "framework": "look for it in tf.train, or pip install tf-slim, which has much of it",
  "image": "use tf.image, or tf.raw_ops.ImageProjectiveTransformV3",
  "layers.batch_norm": "use tf.layers.batch_normalization(training=…), or pip install tf-slim",
  "layers.bucketized_column": "use tf.feature_column.bucketized_column",
  "layers.conv2d": "use tf.layers.conv2d(activation=tf.nn.relu, padding='same'), or pip install tf-slim",
  "layers.crossed_column": "use tf.feature_column.crossed_column",
  "layers.dropout": "use tf.layers.dropout, whose rate is 1 - keep_prob, or pip install tf-slim",
  "layers.embedding_column": "use tf.feature_column.embedding_column",
  "layers.flatten": "use tf.layers.flatten, or pip install tf-slim",
  "layers.fully_connected": "use tf.layers.dense(activation=tf.nn.relu), or pip install tf-slim",
  "layers.linear": "use tf.layers.dense, or pip install tf-slim",
  "layers.max_pool2d": "use tf.layers.max_pooling2d, or pip install tf-slim",
  "layers.one_hot_column": "use tf.feature_column.indicator_column",
  "layers.one_hot_encoding": "use tf.one_hot, or pip install tf-slim",
  "layers.real_valued_column": "use tf.feature_column.numeric_column",
  "layers.sparse_column_with_hash_bucket": (
    "use tf.feature_column.categorical_column_with_hash_bucket"
  ),
  "layers.sparse_column_with_keys": (
    "use tf.feature_column.categorical_column_with_vocabulary_list"
  ),
  "layers": "look for it in tf.layers, or pip install tf-slim, which has most of it",
  "learn.DNNClassifier": "use tf.estimator.DNNClassifier",
  "learn.DNNRegressor": "use tf.estimator.DNNRegressor",
  "learn.Estimator": "use tf.estimator.Estimator, whose mode is tf.estimator.ModeKeys",
  "learn.Experiment": "use tf.estimator.train_and_evaluate",
  "learn.LinearClassifier": "use tf.estimator.LinearClassifier",
  "learn.LinearRegressor": "use tf.estimator.LinearRegressor",
  "learn.MetricSpec": "return eval_metric_ops in the EstimatorSpec, of tf.metrics",
  "learn.ModeKeys": "use tf.estimator.ModeKeys, whose INFER is PREDICT",
  "learn.ModelFnOps": "use tf.estimator.EstimatorSpec",
  "learn.RunConfig": "use tf.estimator.RunConfig",
  "learn.datasets": "use tf.keras.datasets, or tensorflow_datasets",
  "learn.learn_runner": "use tf.estimator.train_and_evaluate",
  "learn.preprocessing": "use tf.lookup.StaticVocabularyTable",
  "learn.run_n": "use tf.estimator.Estimator.train(steps=n)",
  "learn": "look for it in tf.estimator",
  "lookup.HashTable": "use tf.lookup.StaticHashTable",
  "lookup.MutableHashTable": "use tf.lookup.experimental.MutableHashTable",
  "lookup": "use tf.lookup.StaticVocabularyTable",
  "losses": "use tf.losses, which takes labels before predictions",
  "metrics": "use tf.metrics, which takes labels before predictions",
  "opt": "use tf.train, or optimizers.adamw of hub_estimator",
  "predictor": "use tf.saved_model.load, or hub_estimator's predict",
  "quantize": "train without it, and quantize the export with tf.lite",
  "rnn": "look for it in tf.nn.rnn_cell and tf.nn",
  "saved_model": "use tf.saved_model",
  "seq2seq": "no TensorFlow 2 package is maintained; copy its function",
  "slim": "pip install tf-slim, which has it",
  "summary": "use tf.summary, or tf.compat.v2.summary",
  "tensorboard": "use tensorboard.plugins, of the package tensorboard",
  "tpu": "look for it in tf.estimator.tpu and tf.tpu",
  "training": "look for it in tf.train",
}

UNKNOWN = "hub_estimator knows no replacement"
EXAMPLES = (
  "use tf.keras.datasets, or data of your own by hub_estimator's inputs"
)


def replacement(name: str) -> str:
  """Returns what to use instead of a name of `tf.contrib`, without "tf.contrib."."""
  parts = name.split(".")
  for length in range(len(parts), 0, -1):
    known = REPLACED.get(".".join(parts[:length]))
    if known is not None:
      return known
  return UNKNOWN
