"""Small SentencePiece models, and texts of many scripts."""

import contextlib
import io
import os
import random
import tempfile
from collections.abc import Iterator

import sentencepiece

_TEXT = (
  "the a film good bad movie was not very Café naïve straße 12, 3,000 2000, 7,a "
  "x1,2,3 good3, bad3, film3, movie3, very3, 日本 東京都 キャ ｶﾅ 한국어 Привет МИР ﬁne Ⅷ ½ ² ① नमस्ते สวัสดี مرحبا שָׁלוֹם "
  "😀 👩‍👩‍👧 é \u200b \u200d \ufeff \x07 \x1c \x85 \x7f ΟΔΟΣ İstanbul ʼn ǅ “q” "
  "``q'' — … [CLS] [SEP] <pad> <unk> ▁ ▁a a▁b , 5 5, ٣, ३,"
)
_WORDS = tuple(_TEXT.split(" "))
_SPACES = (" ", " ", " ", "  ", "\t", "\u00a0", "\u3000", "\u2009", "\n", "")
_BLOCKS = (
  (0x20, 0x250),
  (0x300, 0x370),
  (0x370, 0x1100),
  (0x2000, 0x2C00),  # Up to here TensorFlow knows all that Python does.
  (0x2E80, 0x3100),
  (0x4E00, 0x5000),
  (0xAC00, 0xAD00),
  (0x1F300, 0x1F700),
  (0x01, 0x20),
)
_FILM_TEXT = "good bad film the a great dull movie plot very not goodness badly"
_FILMS = tuple(_FILM_TEXT.split(" "))


def texts(count: int, *, seed: int = 0) -> list[str]:
  """Returns texts: words with odd spaces, characters at random, and empty ones."""
  rng = random.Random(seed)
  return [_text(rng) for _ in range(count)]


def _text(rng: random.Random) -> str:
  if rng.random() < 0.5:
    return "".join(
      rng.choice(_WORDS) + rng.choice(_SPACES)
      for _ in range(rng.randint(0, 12))
    )
  return "".join(
    chr(rng.randrange(*rng.choice(_BLOCKS))) for _ in range(rng.randint(0, 30))
  )


def train(*, albert: bool = True, normalization: str = "nmt_nfkc") -> bytes:
  """Returns a model of a fixed text.

  Args:
    albert: with <pad>, [CLS], [SEP] and [MASK], as ALBERT's; or as USE-lite's.
    normalization: SentencePiece's rule.
  """
  rng = random.Random(1)
  lines = [
    " ".join(rng.choice((*_WORDS, *_FILMS * 3)) for _ in range(9)).replace(
      "\x07", ""
    )
    for _ in range(2000)
  ]
  special = (
    {
      "pad_id": 0,
      "unk_id": 1,
      "bos_id": -1,
      "eos_id": -1,
      "control_symbols": ["[CLS]", "[SEP]", "[MASK]"],
    }
    if albert
    else {}
  )
  written = io.BytesIO()
  sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(lines),
    model_writer=written,
    vocab_size=300,
    hard_vocab_limit=False,
    normalization_rule_name=normalization,
    num_threads=1,
    minloglevel=2,
    **special,
  )
  return written.getvalue()


@contextlib.contextmanager
def written(**choices) -> Iterator[str]:
  """Yields the path of a file with a model; see `train`."""
  with tempfile.TemporaryDirectory() as scratch:
    path = os.path.join(scratch, "words.model")
    with open(path, "wb") as file:
      file.write(train(**choices))
    yield path
