"""The content team: a post is written from quotations, judged, edited, published and announced.

A writer drafts and a critic judges until it is good enough. What rests on no quotation is left out,
what does not reach eight of ten is not published. Nobody waits for the channels.
"""

from stretto import Project, member, publish, refine, sequential

project = Project.at(__file__)
step = project.step

writing = sequential(
    step("content.gather"),
    project.agent("content_writer"),
    step("content_draft.compose"),
    step("content_draft.deliver"),
    context=step("content.brief"),
    state=step("content.Post"),
)
judging = sequential(
    project.agent("content_critic"),
    step("content_check.weigh"),
    step("content_check.verdict"),
    context=step("content.brief"),
    state=step("content.Post"),
)
drafting = refine(
    writing.compile(name="writing"),
    judging.compile(name="judging"),
    until=8,
    max_rounds=3,
    patience=2,
    context="none",
    state=step("content.Post"),
)
channels = publish(
    member(step("content_channels.newsletter"), when=step("content_channels.published")),
    member(step("content_channels.feed"), when=step("content_channels.published")),
    member(step("content_channels.webhook"), when=step("content_channels.published")),
    state=step("content.Post"),
)

graph = sequential(
    drafting.compile(name="drafting"),
    step("content_edit.edit"),
    member(step("content_publish.publisher"), when=step("content_publish.good_enough")),
    channels.compile(name="channels"),
    step("content_publish.report"),
    context="none",
    state=step("content.Post"),
).compile(name="content")
