"""The living documentation team: it keeps the pages of a git repository true to its source.

A monitor finds what came since the last time, pages are compared with the source, an analyst reads
the issues, and a writer edits. A builder holds the edits to links and code, a publisher commits
them on a branch of their own when a person says yes, and nobody waits for the channels.
"""

from stretto import Project, approve, member, publish, refine, route, sequential

project = Project.at(__file__)
step = project.step

analysing = sequential(
    project.agent("living_docs_analyst"),
    step("living_docs.weigh"),
    context=step("living_docs.brief"),
    state=step("living_docs.Docs"),
)
drafting = refine(
    sequential(
        project.agent("living_docs_writer"),
        step("living_docs_write.compose"),
        context=step("living_docs.brief"),
        state=step("living_docs.Docs"),
    ).compile(name="drafting"),
    step("living_docs_write.critic"),
    until=10,
    max_rounds=2,
    context="none",
    state=step("living_docs.Docs"),
)
asking = approve(
    step("living_docs_publish.proposal"),
    ask=step("living_docs_publish.question"),
    state=step("living_docs.Docs"),
)
channels = publish(
    member(step("living_docs_publish.notice"), when=step("living_docs_publish.out")),
    member(step("living_docs_publish.feed"), when=step("living_docs_publish.out")),
    member(step("living_docs_publish.webhook"), when=step("living_docs_publish.out")),
    state=step("living_docs.Docs"),
)
updating = sequential(
    member(analysing.compile(name="analysing"), when=step("living_docs.reported")),
    drafting.compile(name="drafting"),
    step("living_docs_write.built"),
    asking.compile(name="yes"),
    member(step("living_docs_publish.publisher"), when=step("living_docs_publish.approved")),
    channels.compile(name="channels"),
    step("living_docs.report"),
    context="none",
    state=step("living_docs.Docs"),
)
either = route(
    step("living_docs.stale"),
    {"stale": updating.compile(name="updating"), "current": step("living_docs.current")},
    state=step("living_docs.Docs"),
)

graph = sequential(
    step("living_docs.monitor"),
    step("living_docs.analyse"),
    either.compile(name="either"),
    context="none",
    state=step("living_docs.Docs"),
).compile(name="living_docs")
