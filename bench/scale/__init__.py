"""What a task costs as the number of agents grows."""
