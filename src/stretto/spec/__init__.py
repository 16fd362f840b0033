"""What users define: agents, prompts and tools, in Python and in files."""
