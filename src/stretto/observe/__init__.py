"""Reads of the journal for people and their tools: timeline, metrics, lineage, traces, alerts."""
