"""Three documents, and a question of three parts that they answer."""

QUESTION = "How are kilns fired? Why does glaze crack? When is clay wedged?"
DOCUMENTS = {
    "firing.md": "# Firing\n\nKilns are fired slowly, a hundred degrees an hour, to drive out water.\n",
    "glaze.md": "# Glaze\n\nGlaze cracks because it shrinks more than the clay below it as it cools.\n",
    "clay.md": "# Clay\n\nClay is wedged before it is thrown, when air must be pressed out of it.\n",
}
"""One for each part of the question."""
