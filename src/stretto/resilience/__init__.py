"""Breaker, bulkhead, rate, budget, retry: pure decisions, and thin wrappers around them."""
