"""How facts about a graph are learned: from the compiled graph, and from source."""
