"""The intake team: it takes in documents, a file or a folder of them, and stores what they say.

Each document goes through a chain: its text, its kind, what it names, a summary, the store. What
an agent says counts as far as the text bears it out. When a step behind the store fails, the
document is taken out of it again.
"""

from stretto import Project, map_reduce, member, refine, route, saga, sequential

project = Project.at(__file__)
Document = project.step("intake.Document")

summary = refine(
    project.agent("intake_summariser"),
    project.step("intake_summary.critic"),
    until=10,
    max_rounds=2,
    context="none",
    state=Document,
).compile(name="summary")

filing = saga(
    project.step("intake_summary.stand_out"),
    project.step("intake_kinds.by_words"),
    member(project.agent("intake_classifier"), when=project.step("intake_kinds.unsure")),
    project.step("intake_entities.by_rules"),
    project.agent("intake_namer"),
    summary,
    project.step("intake_summary.checked"),
    project.step("intake_store.store"),
    member(project.step("intake_notice.notify"), when=project.step("intake_notice.wanted")),
    context=project.step("intake.brief"),
    state=Document,
).compile(name="filing")

either = route(
    project.step("intake_files.readable"),
    {"yes": filing, "no": project.step("intake_files.refuse")},
    state=Document,
).compile(name="either")

document = sequential(
    project.step("intake_files.extract"),
    either,
    state=Document,
).compile(name="document")

graph = map_reduce(
    project.step("intake_files.files"),
    document,
    project.step("intake.add"),
    finish=project.step("intake.report"),
    initial={},
    chunk=1,
    width=2,
).compile(name="intake")
