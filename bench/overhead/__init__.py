"""What the patterns cost beside the same work on LangGraph by hand."""
