"""The code review team: what is wrong with a change in a git repository, as Markdown.

Four reviewers look at the diff side by side. Each has rules that need no model, and an agent; what
an agent says counts where it quotes a line that was changed. Then the project's tests run on the
change, in a worktree of their own, and a rule gives the verdict.
"""

from stretto import Project, member, parallel, sequential

project = Project.at(__file__)
step = project.step
Changes = step("code_review.Changes")

correctness = sequential(
    member(step("code_review_rules.correctness"), name="correctness_rules"),
    project.agent("code_review_correctness"),
    step("code_review.correctness_kept"),
    context=step("code_review.correctness_brief"),
    state=step("code_review.Correctness"),
).compile(name="correctness")

security = sequential(
    member(step("code_review_rules.security"), name="security_rules"),
    project.agent("code_review_security"),
    step("code_review.security_kept"),
    context=step("code_review.security_brief"),
    state=step("code_review.Security"),
).compile(name="security")

tests = sequential(
    member(step("code_review_rules.tests"), name="tests_rules"),
    project.agent("code_review_tests"),
    step("code_review.tests_kept"),
    context=step("code_review.tests_brief"),
    state=step("code_review.Tests"),
).compile(name="tests")

docs = sequential(
    member(step("code_review_rules.docs"), name="docs_rules"),
    project.agent("code_review_docs"),
    step("code_review.docs_kept"),
    context=step("code_review.docs_brief"),
    state=step("code_review.Docs"),
).compile(name="docs")

reviewers = parallel(correctness, security, tests, docs, state=Changes).compile(name="reviewers")

graph = sequential(
    step("code_review.change"),
    member(reviewers, when=step("code_review.anything")),
    member(step("code_review_tests.run_tests"), when=step("code_review.anything")),
    step("code_review_report.report"),
    step("code_review_report.gate"),
    state=Changes,
).compile(name="code_review")
