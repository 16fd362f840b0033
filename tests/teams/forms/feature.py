"""The feature team: a small feature, built in a git repository and merged with a person's yes.

A planner says what each area is to do. The areas work side by side, each in a worktree of its own,
with tools for its own folders alone. Tests decide in stages whether it goes on: of each part, then
of all together. Red ones go back to their area, twice; then a person is asked.
"""

from stretto import Project, sequential
from stretto.patterns import hierarchy, level

project = Project.at(__file__)
step = project.step

work = hierarchy(
    step("feature.lead"),
    [
        level(project.agent("feature_frontend"), authority=step("feature.FRONTEND")),
        level(project.agent("feature_backend"), authority=step("feature.BACKEND")),
        level(project.agent("feature_infrastructure"), authority=step("feature.INFRASTRUCTURE")),
        step("feature_stages.unit_tests"),
        step("feature_stages.integration_tests"),
        step("feature_stages.merger"),
    ],
    authority=step("feature.LEAD"),
    state=step("feature.Feature"),
).compile(name="work")

graph = sequential(
    step("feature.look"),
    project.agent("feature_planner"),
    step("feature.planned"),
    work,
    step("feature_stages.closed"),
    context="none",
    state=step("feature.Feature"),
).compile(name="feature")
