"""A first run config, drafted from data and a module's handle."""

from hub_estimator.drafting.asking import Ask, take_default
from hub_estimator.drafting.drafting import Draft, draft

__all__ = ["Ask", "Draft", "draft", "take_default"]
