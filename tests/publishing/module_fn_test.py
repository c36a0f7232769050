import numpy as np
import pytest
from hub_estimator.trainers import main as command

from hub_estimator.errors import UserError
from hub_estimator.modules import NewModule
from hub_estimator.publishing import module_fn
from hub_estimator.publishing.module_fn import Publication
from hub_estimator.tensorflow_runtime import hub, tf

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def _encoder(training=False, *, partitions=None):
  """A user's module_fn: one scope like BERT's, and dropout in training."""
  x = tf.placeholder(tf.float32, [None, 4])
  partitioner = partitions and tf.fixed_size_partitioner(partitions)
  with tf.variable_scope("bert", partitioner=partitioner):
    kernel = tf.get_variable("kernel", [4, 3], use_resource=True)
  hidden = tf.matmul(x, tf.convert_to_tensor(kernel))
  if training:
    hidden = tf.nn.dropout(hidden, rate=0.5, seed=1)
  hub.add_signature(inputs={"x": x}, outputs=hidden)


VARIANTS = [((), {}), (("train",), {"training": True})]


@pytest.fixture
def checkpoint(tmp_path):
  """A pretraining script's checkpoint: slots, and other names."""
  values = {"model/kernel": np.arange(12, dtype=np.float32).reshape(4, 3)}
  values["model/kernel/adam_m"] = np.zeros((4, 3), np.float32)
  values["global_step"] = np.int64(7)
  with tf.Graph().as_default(), tf.Session() as session:
    saved = {k: tf.Variable(v, name=k) for k, v in values.items()}
    session.run(tf.global_variables_initializer())
    return tf.train.Saver(saved).save(session, str(tmp_path / "model.ckpt")), (
      values["model/kernel"]
    )


def _apply(path, tags=()):
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = hub.Module(path, tags=set(tags))({"x": X})
    session.run(tf.global_variables_initializer())
    return session.run(outputs)


def test_without_a_checkpoint_a_seed_gives_the_same_module(tmp_path):
  publication = Publication(NewModule(_encoder, VARIANTS, seed=3))
  for name in "ab":
    report = module_fn.publish(str(tmp_path / name), publication)
    assert report.initialized == ["bert/kernel"]
    assert set(hub.load_module_spec(report.path).get_tags()) == {
      frozenset(),
      frozenset({"train"}),
    }
  np.testing.assert_array_equal(
    _apply(str(tmp_path / "a")), _apply(str(tmp_path / "b"))
  )
  assert (_apply(str(tmp_path / "a"), ["train"]) == 0).any()


@pytest.mark.parametrize("partitions", [None, 2])
def test_names_in_the_checkpoint_are_mapped(tmp_path, checkpoint, partitions):
  prefix, kernel = checkpoint

  def encoder(training=False):
    _encoder(training, partitions=partitions)

  publication = Publication(
    NewModule(encoder, VARIANTS), prefix, {r"bert/(.*)": r"model/\1"}
  )
  report = module_fn.publish(str(tmp_path / "m"), publication)
  assert report.restored == {"bert/kernel": "model/kernel"}
  assert report.unused == ["global_step", "model/kernel/adam_m"]
  np.testing.assert_allclose(_apply(report.path), X @ kernel, rtol=1e-5)


def test_a_variable_missing_in_the_checkpoint_is_refused_or_initialized(
  tmp_path, checkpoint
):
  prefix, _ = checkpoint
  module = NewModule(_encoder)
  with pytest.raises(
    UserError, match="lacks 1 of 1 variables, the first 'bert/kernel'; .*names"
  ):
    module_fn.publish(str(tmp_path / "m"), Publication(module, prefix))
  with pytest.raises(
    UserError, match="'x/kernel' .'bert/kernel' in the module"
  ):
    module_fn.publish(
      str(tmp_path / "m"),
      Publication(module, prefix, {"bert/": "no", "bert/(.*)": r"x/\1"}),
    )
  assert not (tmp_path / "m").exists()
  report = module_fn.publish(
    str(tmp_path / "m"), Publication(module, prefix, initialize=["kernel$"])
  )
  assert report.initialized == ["bert/kernel"]


def test_another_shape_is_refused(tmp_path, checkpoint):
  with pytest.raises(
    UserError, match=r"'bert/kernel' is \[4, 3\], but 'global"
  ):
    module_fn.publish(
      str(tmp_path / "m"),
      Publication(NewModule(_encoder), checkpoint[0], {".*": "global_step"}),
    )


def test_variants_with_different_variables_are_refused(tmp_path):
  def encoder(name):
    x = tf.placeholder(tf.float32, [None])
    hub.add_signature(inputs=x, outputs=x * tf.get_variable(name, []))

  module = NewModule(encoder, [((), {"name": "a"}), (("b",), {"name": "b"})])
  with pytest.raises(
    UserError, match=r"variant \[\] has variables that variant \['b'\]"
  ):
    module_fn.publish(str(tmp_path / "m"), Publication(module))


@pytest.mark.parametrize(
  ("change", "message"),
  [
    ({"module": "x"}, "publish.module is 'x'; it must be a new module"),
    ({"names": {"(": "x"}}, "publish.names: '\\(' isn't a regex"),
    ({"initialize": "x"}, r"write \['x'\]"),
    (
      {"checkpoint": "/no"},
      "publish.checkpoint: '/no' can't be read as a checkpoint",
    ),
    ({"initialize": ["x"]}, "publish.checkpoint is None"),
  ],
)
def test_a_wrong_publication_is_refused(tmp_path, change, message):
  with pytest.raises(UserError, match=message):
    publication = Publication(**{"module": NewModule(_encoder), **change})
    module_fn.publish(str(tmp_path / "m"), publication)


def test_the_command_publishes_what_a_gin_file_names(
  tmp_path, checkpoint, monkeypatch, capsys
):
  (tmp_path / "my_encoder.py").write_text(
    "import gin\n"
    "from hub_estimator.tensorflow_runtime import hub, tf\n"
    "@gin.register\n"
    "def bert_encoder():\n"
    "  x = tf.placeholder(tf.float32, [None, 4])\n"
    "  kernel = tf.get_variable('kernel', [4, 3])\n"
    "  hub.add_signature(inputs={'x': x}, outputs=tf.matmul(x, kernel))\n"
  )
  (tmp_path / "publish.gin").write_text(
    "import my_encoder\n"
    "publish.module = @new_module()\n"
    "new_module.module_fn = @bert_encoder\n"
    f"publish.checkpoint = {checkpoint[0]!r}\n"
    "publish.names = {'kernel': 'model/kernel'}\n"
  )
  (tmp_path / "README.md").write_text("# An encoder\n")
  monkeypatch.chdir(tmp_path)
  code = command.main(
    ["publish", "module_fn", "--gin_file=publish.gin", "--output=m"]
    + ["--documentation=README.md"]
  )
  err = capsys.readouterr().err
  assert code == 0, err
  assert "Restored 1 variables from the checkpoint, initialized 0; 2" in err
  np.testing.assert_allclose(_apply("m"), X @ checkpoint[1], rtol=1e-5)
  assert (tmp_path / "m/assets.extra/README.md").read_text() == "# An encoder\n"


@pytest.mark.slow
def test_a_published_module_is_fine_tuned_like_any(tmp_path, numbers_npz):
  from hub_estimator import runs
  from tests import small_runs

  report = module_fn.publish(
    str(tmp_path / "m"), Publication(NewModule(_encoder, VARIANTS))
  )
  runs.train(
    small_runs.make_experiment(report.path, numbers_npz), str(tmp_path / "run")
  )
