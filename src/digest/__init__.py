"""A feed monitor and digest emailer: what matters from many feeds, once, with the reason why."""

__version__ = "0.1.0"
