"""The scrapers team: gets pages of the web that do not come at once, and reads them.

Five scrapers with two ways each. Who fails tries its other way, then the next scraper takes over,
then a person is asked. What was got is told in any case, with who got it and what failed why.
"""

from stretto import Project, member, sequential, supervisor

project = Project.at(__file__)
step = project.step

crew = supervisor(
    step("scrapers.chief"),
    [
        step("scrapers.plain"),
        step("scrapers.browser"),
        step("scrapers.feed"),
        step("scrapers.text"),
        step("scrapers.archive"),
    ],
    max_delegations=50,
    restarts=1,
    idle=300,
    check=step("scrapers.fit"),
    reassign=["plain", "browser", "feed", "text", "archive"],
    escalate="person",
    state=step("scrapers.Scrape"),
).compile(name="crew")

graph = sequential(
    step("scrapers.begin"),
    crew,
    member(project.agent("scrapers_reader"), when=step("scrapers_report.asked")),
    step("scrapers_report.report"),
    context=step("scrapers_report.brief"),
    state=step("scrapers.Scrape"),
).compile(name="scrapers")
