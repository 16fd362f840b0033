"""How many faults of a catalogue `stretto check` finds, and what it finds where there is none."""
