"""Orchestration patterns: each a factory that returns an uncompiled `StateGraph`."""

from stretto.patterns.plan import plan
from stretto.patterns.rules import Rule, answered, cited, covers, quoted

__all__ = ["Rule", "answered", "cited", "covers", "plan", "quoted"]
