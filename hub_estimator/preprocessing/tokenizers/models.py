"""SentencePiece models: found, read and checked."""

import dataclasses
import os

from hub_estimator.errors import UserError
from hub_estimator.modules import ModuleInfo, read_tokenization
from hub_estimator.preprocessing.tokenizers import texts
from hub_estimator.tensorflow_runtime import op_errors, tf

_PADDING = ("<pad>", "[PAD]")


@dataclasses.dataclass(frozen=True)
class Model:
  """A SentencePiece model and how text is prepared for it.

  Attributes:
    path: its file.
    content: of the file.
    lowercase: whether text becomes lowercase as ALBERT does it; None leaves it as it
      is.
  """

  path: str
  content: bytes = dataclasses.field(repr=False)
  lowercase: bool | None

  def special(self) -> dict[str, int]:
    """Returns the ids of "first", [CLS], "end", [SEP], and "padding", <pad>.

    Raises:
      UserError: the model lacks one of them, or isn't one.
    """
    names = ["[CLS]", "[SEP]", *_PADDING]
    ids = self._ids(names)
    padding = next((name for name in _PADDING if name in ids), _PADDING[0])
    roles = {"first": "[CLS]", "end": "[SEP]", "padding": padding}
    missing = [name for name in roles.values() if name not in ids]
    if missing:
      raise UserError(
        f"{self.path} isn't a SentencePiece model of ALBERT's kind: it lacks "
        f"{', '.join(missing)}."
      )
    return {role: ids[name] for role, name in roles.items()}

  def _ids(self, pieces: list[str]) -> dict[str, int]:
    """Returns the ids of those pieces that the model has."""
    text = texts.import_text("sentencepiece")
    with tf.Graph().as_default(), tf.Session() as session:
      tokenizer = text.SentencepieceTokenizer(self.content)
      ids = tokenizer.string_to_id(tf.constant(pieces))
      try:
        numbers, found = session.run([ids, tokenizer.id_to_string(ids)])
      except tf.errors.OpError as error:
        raise UserError(
          f"{self.path} isn't a SentencePiece model: {op_errors.essence(error)}"
        ) from error
    return {
      piece: int(number)
      for piece, number, same in zip(pieces, numbers, found, strict=True)
      if same.decode() == piece
    }


def find_model(
  info: ModuleInfo, *, path: str | None, lowercase: bool | None
) -> Model:
  """Returns the SentencePiece model to use with a module.

  Args:
    info: the module.
    path: a model file; None uses the module's own, which its signature
      "tokenization_info" or "spm_path" names, or which is its only such asset.
    lowercase: None uses the value in the module's "tokenization_info", if any.

  Raises:
    UserError: there is no model, or it can't be read.
  """
  if path is not None and lowercase is not None:
    found = os.path.expanduser(path)
  else:
    told = read_tokenization(info)
    lowercase = told.lowercase if lowercase is None else lowercase
    if path is not None:
      found = os.path.expanduser(path)
    elif told.model is not None:
      found = told.model
    elif told.vocabulary is not None:
      raise UserError(
        f"Module {info.handle!r} tells a vocabulary, {told.vocabulary}, and no "
        "SentencePiece model; set adapter.tokenizer = @tokenizers.wordpiece(), "
        "or tokenizers.sentencepiece.model."
      )
    else:
      raise UserError(
        f"Module {info.handle!r} tells no SentencePiece model by a signature "
        "'tokenization_info' or 'spm_path' or an asset; set "
        "tokenizers.sentencepiece.model."
      )
  try:
    with open(found, "rb") as file:
      content = file.read()
  except OSError as error:
    raise UserError(
      f"tokenizers.sentencepiece.model {found!r}: {error.strerror}."
    ) from error
  return Model(found, content, lowercase)
