"""The loans team: decides on applications for loans, one or a whole file of them.

Rules and a score that was learned from past loans propose; what is in doubt goes to an underwriter,
a person; what is above the desk's limit goes up. An agent words the decision for the applicant, and
a rule holds it to what was decided.
"""

from stretto import Project, map_reduce, member, refine, route, sequential
from stretto.patterns import hierarchy, level

project = Project.at(__file__)
step = project.step

office = hierarchy(
    step("loans.head"),
    [level(step("loans.desk"), authority=step("loans.DESK"))],
    authority=step("loans.HEAD"),
    decide=step("loans.head_decides"),
    state=step("loans.Loan"),
)
writing = refine(
    project.agent("loans_letter"),
    step("loans_letter.proof"),
    until=10,
    max_rounds=2,
    context="none",
    state=step("loans.Loan"),
)
application = sequential(
    step("loans.read"),
    step("loans.judge"),
    office.compile(name="office"),
    writing.compile(name="writing"),
    step("loans_letter.post"),
    context=step("loans_letter.brief"),
    state=step("loans.Loan"),
)
rows = map_reduce(
    step("loans_batch.rows"),
    sequential(step("loans_batch.assess"), state=step("loans_batch.Rows")).compile(name="assessor"),
    step("loans_batch.add"),
    chunk=100,
    finish=step("loans_batch.report"),
    state=step("loans_batch.Batch"),
)
file = sequential(
    step("loans_batch.begin"), rows.compile(name="rows"), state=step("loans_batch.Batch")
)

graph = route(
    step("loans.kind"),
    {
        "application": member(
            application.compile(name="application"), role="decides on an application"
        ),
        "file": member(file.compile(name="file"), role="decides on a file, row by row"),
    },
    otherwise="Give an application as JSON or as lines such as month: 24; or name a table (.csv).",
    context="none",
).compile(name="loans")
