"""The training loop, in one process or as one task of a cluster."""

from hub_estimator.training import evaluation_graph, step_blocks, train_graph
from hub_estimator.training.after_evaluation import AfterEvaluation
from hub_estimator.training.alone import train_alone
from hub_estimator.training.checked import Checked
from hub_estimator.training.chief import train_as_chief
from hub_estimator.training.evaluation_graph import EvaluationGraph
from hub_estimator.training.evaluator import evaluate_checkpoints
from hub_estimator.training.job import Job
from hub_estimator.training.preemption import Preempted, Preemption
from hub_estimator.training.process_cache import ProcessCache
from hub_estimator.training.server import serve_variables
from hub_estimator.training.train_graph import TrainGraph
from hub_estimator.training.worker import train_as_worker

__all__ = [
  "AfterEvaluation",
  "Checked",
  "EvaluationGraph",
  "Job",
  "Preempted",
  "Preemption",
  "ProcessCache",
  "TrainGraph",
  "evaluate_checkpoints",
  "evaluation_graph",
  "serve_variables",
  "step_blocks",
  "train_alone",
  "train_as_chief",
  "train_as_worker",
  "train_graph",
]
