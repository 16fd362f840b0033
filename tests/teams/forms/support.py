"""The support team of a bank: a front desk, four specialists, refunds with a person's yes.

What a customer writes is decided on by rules, then by examples, then by an agent. The desk that
takes it answers from documents, or hands it on. What belongs to no desk goes to a person. What a
customer says of themselves is remembered until the next conversation, or until they say no.
"""

from stretto import Project, approve, member, route, sequential, swarm
from stretto.patterns import handoff

project = Project.at(__file__)
Case = project.step("support.Case")
to_desk = project.step("support.to_desk")

front = route(
    [
        project.step("support_front.at_once"),
        project.step("support_front.by_examples"),
        project.agent("support_dispatcher"),
    ],
    {
        "sales": member(
            to_desk,
            name="to_sales",
            role="choosing, comparing and applying for cards, accounts, loans and offers; interest"
            " and rewards; where and for whom they are available",
        ),
        "billing": member(
            to_desk,
            name="to_billing",
            role="explaining charges, fees, exchange rates, bills, statements and payments",
        ),
        "technical": member(
            to_desk,
            name="to_technical",
            role="what fails: cards, payments, transfers, top ups, app, log in, PIN, verification",
        ),
        "account": member(
            to_desk,
            name="to_account",
            role="the customer's own account: address, limits, balance, delivery and replacement"
            " of cards, lost or stolen cards, freezing, closing, proof of identity",
        ),
        "refund": member(to_desk, name="to_refund", role="paying back money that was charged"),
        "forget": project.step("support_memory.forget"),
        "welcome": project.step("support.welcome"),
        "person": member(to_desk, name="to_person", role="a customer who asks for a human being"),
    },
    otherwise=member(to_desk, name="to_somebody", role="what no desk here can answer"),
    unsure=0.7,
    state=Case,
).compile(name="front")

approval = approve(
    project.step("support_refunds.claim"),
    ask=project.step("support_refunds.question"),
    to="billing lead",
    max_revisions=0,
    state=Case,
).compile(name="approval")
refund = sequential(approval, project.step("support_refunds.pay"), state=Case).compile(
    name="refund"
)

person = approve(
    project.step("support.draft"),
    ask=project.step("support.person_asked"),
    to="support",
    max_revisions=0,
    state=Case,
).compile(name="person")

shown = project.step("support_memory.shown")
desk = swarm(
    [
        front,
        handoff(project.agent("support_sales"), context=shown),
        handoff(project.agent("support_billing"), context=shown),
        handoff(project.agent("support_technical"), context=shown),
        handoff(project.agent("support_account"), context=shown),
        handoff(
            member(refund, role="works out refunds of charges, and pays them once a person agrees"),
            payload=project.step("support.RefundRequest"),
            context=project.step("support_refunds.claimed"),
        ),
        member(person, role="a colleague of flesh and blood, for what no desk here can answer"),
    ],
    edges={
        "front": ["sales", "billing", "technical", "account", "refund", "person"],
        "sales": ["billing", "technical", "account", "person"],
        "billing": ["refund", "sales", "technical", "account", "person"],
        "technical": ["sales", "billing", "account", "person"],
        "account": ["sales", "billing", "technical", "person"],
    },
    stand_ins={
        "front": ["person"],
        "sales": ["person"],
        "billing": ["person"],
        "technical": ["person"],
        "account": ["person"],
    },
    max_handoffs=6,
    state=Case,
).compile(name="desk")

graph = sequential(
    project.step("support_memory.recall"),
    desk,
    project.step("support_memory.remember"),
    project.step("support.reply"),
    state=project.step("support.Talk"),
).compile(name="support")
