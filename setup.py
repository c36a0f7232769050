"""Packaging of hub_estimator."""

import pathlib

import setuptools

HERE = pathlib.Path(__file__).parent

setuptools.setup(
  name="hub-estimator",
  version="0.1.0",
  description="Fine-tune, compare and re-export TF1 Hub modules with tf.estimator, on current TensorFlow.",
  long_description=(HERE / "README.md").read_text(encoding="utf-8"),
  long_description_content_type="text/markdown",
  license="Apache-2.0",
  license_files=["LICENSE"],
  python_requires=">=3.11,<3.14",
  packages=[
    *setuptools.find_packages(include=["hub_estimator", "hub_estimator.*"]),
    "hub_estimator.trainers",
    "hub_estimator.configs",
    "hub_estimator.examples",
  ],
  package_dir={
    "hub_estimator.trainers": "trainers",
    "hub_estimator.configs": "configs",
    "hub_estimator.examples": "examples",
  },
  package_data={
    "hub_estimator": ["py.typed"],
    "hub_estimator.pages": ["templates/*"],
    "hub_estimator.configs": ["*.gin", "**/*.gin"],
  },
  install_requires=[
    # 2.20 needs protobuf<7; 2.12 to 2.14 pin an older Estimator.
    "tensorflow>=2.15.1,<2.22,!=2.20.*",
    # Keras 2; each version requires its own TensorFlow.
    "tf-keras>=2.15,<2.22,!=2.20.*",
    "tensorflow-estimator==2.15.0",
    "tensorflow-hub==0.15.0",
    "gin-config==0.5.0",
    "absl-py>=2",
    "numpy",
    # Reads csv, Parquet and Arrow.
    "pyarrow>=17",
    # For pages of runs.
    "jinja2>=3.1",
    # For sweeps and reports. The newest TensorFlow no longer installs tensorboard.
    "optuna>=5,<6",
    "plotly>=6",
    "tensorboard>=2.15",
    # For fetching modules over http(s).
    "requests>=2.31",
    "urllib3>=2",
  ],
  extras_require={
    # For tokenizers; each version requires its own TensorFlow.
    "text": ["tensorflow-text>=2.15,<2.22,!=2.20.*"],
    # tensorflow-datasets imports importlib_resources without requiring it.
    "tfds": ["tensorflow-datasets>=4.9", "importlib_resources"],
    # For old scripts that use tf.contrib.slim, or layers of tf.contrib.
    "slim": ["tf-slim>=1.1"],
    # For `hub-estimator serve`.
    "serve": ["starlette>=0.40", "uvicorn>=0.30"],
    # For modules on Kaggle and on the Hugging Face Hub.
    "kaggle": ["kagglehub>=1"],
    "hf": ["huggingface_hub>=1"],
    # For sweeps on several machines, and for Optuna's dashboard.
    "postgresql": ["psycopg[binary]>=3.2"],
    "ray": ["ray>=2.40"],
    "dashboard": ["optuna-dashboard"],
    "tests": [
      "pytest>=8",
      "pytest-xdist",
      "hypothesis",
      "pillow",
      "ruff",
      "mypy",
      "types-requests",
      "nbclient",
      "nbformat",
      "ipykernel",
      "build",
      "trustme",
      "sentencepiece",
    ],
  },
  entry_points={
    "console_scripts": ["hub-estimator = hub_estimator.trainers.main:run"]
  },
  classifiers=[
    "Programming Language :: Python :: 3.11",
    "Programming Language :: Python :: 3.12",
    "Programming Language :: Python :: 3.13",
  ],
)
