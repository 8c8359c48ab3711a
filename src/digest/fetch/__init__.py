"""Polite HTTP: conditional requests, limits, redirects, address guard, per-host turns."""

from digest.fetch.client import Fetcher, HostLimits, Limits

__all__ = ["Fetcher", "HostLimits", "Limits"]
