import numpy as np
import pytest

from hub_estimator import features, runs, testing
from hub_estimator.features.keepable import check_keepable
from hub_estimator.inputs import Examples
from hub_estimator.model import Application, encoders
from hub_estimator.model.encoders import Encoder
from hub_estimator.modules import ModuleSource, NewModule, read_module_info
from hub_estimator.preprocessing import adapters, augmentations, tokenizers
from hub_estimator.tensorflow_runtime import hub, tf
from tests.features.small_outputs import frozen_run
from tests.small_runs import make_regression


@pytest.mark.slow
@pytest.mark.parametrize("started", ["in the same run", "from another run"])
def test_fine_tuned_weights_are_not_those_of_the_handle(
  dense, numbers_npz, tmp_path, new_log, trained_runs, started
):
  """The module is fine-tuned first, then frozen: its outputs have changed."""
  losses = []
  for kept in (True, False):
    first, second = tmp_path / f"first_{kept}", tmp_path / f"second_{kept}"
    trained_runs.copy(make_regression(dense, numbers_npz), first)
    changes = {"cache_features": kept, "max_steps": 40}
    if started == "from another run":
      changes["start_from"] = str(first)
    new_log()
    result = runs.train(
      frozen_run(dense, numbers_npz, **changes),
      str(second if "start_from" in changes else first),
    )
    if kept:
      assert "aren't kept: module 'module' has other weights than" in new_log()
    losses.append(result.metrics["loss"])
  assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@pytest.mark.slow
def test_weights_that_never_moved_leave_features_kept(
  dense, numbers_npz, tmp_path, new_log, trained_runs
):
  first = trained_runs.read_only(frozen_run(dense, numbers_npz)).model_dir
  new_log()
  runs.train(
    frozen_run(dense, numbers_npz, start_from=str(first)),
    str(tmp_path / "second"),
  )
  assert "aren't kept" not in new_log()


def _image_module(path, noise=False) -> str:
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 4, 4, 3])
    outputs = tf.reduce_mean(images, [1, 2])
    if noise:
      outputs += tf.random.uniform(tf.shape(outputs))
    outputs *= tf.get_variable("scale", [3])
    hub.add_signature(inputs={"images": images}, outputs=outputs)

  return testing.export_module(str(path), module_fn)


def _dense_fn():
  x = tf.placeholder(tf.float32, [None, 4])
  hub.add_signature(
    inputs={"x": x}, outputs=tf.matmul(x, tf.get_variable("w", [4, 2]))
  )


class _OwnEncoder:
  def __init__(self, source):
    self._source = source

  def applications(self):
    return [Application(self._source, adapters.Adapter())]

  def combine(self, outputs, features):
    return outputs[0] * features["x"][:, :1]


def test_outputs_that_may_differ_are_not_kept_and_the_reason_is_given(
  dense, tmp_path
):
  plain = _image_module(tmp_path / "plain")
  noisy = _image_module(tmp_path / "noisy", noise=True)
  frozen = ModuleSource(dense, trainable=False)

  def why_not(encoder, **columns):
    infos = {
      name: read_module_info(source.handle)
      for name, source in encoders.sources(encoder).items()
    }
    examples = Examples(
      columns or {"x": np.ones([3, 4], np.float32)}, None, "test"
    )
    try:
      features.Outputs([examples], encoder, infos)
    except features.NotKept as reason:
      return str(reason)
    return None

  pixels = np.ones([3, 4, 4, 3], np.float32)

  def images(handle, **adapter):
    return Encoder(
      ModuleSource(handle, trainable=False), adapters.Adapter(**adapter)
    )

  flip = [augmentations.Flip()]
  by_mode = {"images": {"train": 1.0, "eval": 0.0, "infer": 0.0}}
  new = NewModule(_dense_fn)
  assert why_not(Encoder(frozen)) is None
  assert why_not(images(plain), image=pixels) is None
  assert why_not(images(new)) == "module 'module' is new"
  assert why_not(Encoder(ModuleSource(dense))) == "module 'module' is trained"
  assert "augmented" in why_not(images(plain, augment=flip))
  assert "differ by mode" in why_not(images(plain, constants=by_mode))
  assert "draws at random (RandomUniform)" in why_not(
    images(noisy), image=pixels
  )
  assert "_OwnEncoder isn't one" in why_not(_OwnEncoder(frozen))


class _OwnTokenizer:
  build = None


@pytest.mark.parametrize(
  "tokenizer, kept",
  [
    (tokenizers.Wordpiece(), True),
    (tokenizers.Sentencepiece(), True),
    (tokenizers.Wordpiece(vocabulary="vocab.txt"), False),
    (tokenizers.Sentencepiece(model="words.model"), False),
    (_OwnTokenizer(), False),
  ],
)
def test_tokens_that_the_module_alone_tells_are_kept(dense, tokenizer, kept):
  encoder = Encoder(
    ModuleSource(dense, trainable=False), adapters.Adapter(tokenizer=tokenizer)
  )
  infos = {"module": read_module_info(dense)}
  if kept:
    check_keepable(encoder, infos)
  else:
    with pytest.raises(
      features.NotKept, match="a tokenizer with a file of its"
    ):
      check_keepable(encoder, infos)


def test_an_encoder_is_known_if_all_of_its_parts_are(dense):
  known = Encoder(ModuleSource(dense))
  assert encoders.is_known(encoders.Concat([known, known]))
  own = _OwnEncoder(ModuleSource(dense))
  assert not encoders.is_known(encoders.Concat([known, own]))
