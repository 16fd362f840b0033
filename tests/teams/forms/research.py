"""The research team: it answers questions from documents, with quotations that can be opened.

A planner splits the question, researchers look each part up at once, and a reviewer judges the
answers by the rules below before they count.
"""

from stretto import Project, ResearchContext, answered, cited, covers, plan, quoted

project = Project.at(__file__)

graph = plan(
    project.agent("planner"),
    [project.agent("researcher")],
    project.agent("reviewer"),
    rules=[answered, cited, quoted, covers],
    max_rounds=3,
    context=ResearchContext,
).compile(name="research")
