"""Kills a run at every write it makes, goes on in a new process, and compares with no kill."""
