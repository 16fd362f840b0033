"""The deep research team: it looks wider before it plans, and joins what it found.

A searcher surveys the documents for the whole request, so that the planner plans with them in
sight. Extractors take the facts of each part, with quotations; a reviewer judges them by the same
rules as in `research`; what was accepted is joined by a synthesizer.
"""

from stretto import (
    Project,
    ResearchContext,
    answered,
    cited,
    covers,
    member,
    plan,
    quoted,
    sequential,
)

project = Project.at(__file__)

scout = sequential(
    project.agent("research_searcher"),
    project.agent("planner"),
    context="last",
).compile(name="planner")

review = sequential(
    member(project.agent("reviewer"), name="judge"),
    member(project.agent("research_synthesizer"), when=project.step("research.accepted")),
    project.step("research.joined"),
).compile(name="reviewer")

graph = plan(
    scout,
    [project.agent("research_extractor")],
    review,
    rules=[answered, cited, quoted, covers],
    max_rounds=3,
    context=ResearchContext,
).compile(name="research_deep")
