"""A run as one self-contained page, and the same facts as JSON."""

from hub_estimator.pages.writing import write_run_page

__all__ = ["write_run_page"]
