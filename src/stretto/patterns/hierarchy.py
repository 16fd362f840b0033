"""`hierarchy`: supervisors of supervisors, each with an authority that nobody under it exceeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from langgraph.graph import StateGraph
from typing_extensions import TypedDict, Unpack

from stretto.errors import InvalidInput, InvalidMember
from stretto.members import Member, check_team, member
from stretto.patterns.context import Context
from stretto.patterns.escalation import Escalate
from stretto.patterns.judging import Decider, judge_of
from stretto.patterns.made import remembered
from stretto.patterns.managing import manager_of
from stretto.patterns.office import Office, Rank
from stretto.patterns.placed import Placed, placed, within_office
from stretto.patterns.supervisor import TOOLS, supervisor
from stretto.patterns.working import Check
from stretto.policy import Authority, Policy
from stretto.policy.authority import exceeds, inherited

if TYPE_CHECKING:
    from collections.abc import Iterator

Graph: TypeAlias = StateGraph[Any, Any, Any, Any]


class Options(TypedDict, total=False):
    """The keywords of `supervisor` that a level passes on; `reassign` takes names of members."""

    max_delegations: int
    repeats: int
    restarts: int
    idle: float | Mapping[str, float] | None
    check: Check | Mapping[str, Check] | None
    reassign: Mapping[str, Sequence[str]] | Sequence[str]
    escalate: Escalate
    own_tools: bool
    context: Context


@dataclass(frozen=True, slots=True)
class Level:
    """A manager with those under it, or one who works alone; made by `level`."""

    manager: Member
    members: tuple[Level | Member, ...]
    authority: Authority
    decide: Decider | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        """Its manager's name."""
        return self.manager.name


def level(
    manager: object,
    members: Sequence[object] = (),
    *,
    authority: Authority | None = None,
    decide: Decider | None = None,
    **options: Unpack[Options],
) -> Level:
    """Make a level of a hierarchy.

    Args:
        manager: Who leads it, as of `supervisor`; or who works alone, where there are no members.
        members: Those directly under it: members, or levels.
        authority: What it may do without asking; what it does not say is as in the level above.
        decide: Decides in the manager's place what goes beyond the authority of those below.
        **options: As for `supervisor`.

    Raises:
        InvalidMember: The manager, or one of the members, is no member.
        InvalidInput: An option is none of a level's.
    """
    head = manager_of(manager) if members else member(manager)
    if unknown := sorted(set(options) - set(Options.__annotations__)):
        raise InvalidInput(
            f"hierarchy: the level {head.name!r} has an option {unknown[0]!r}, which there is not. "
            f"Use one of {', '.join(Options.__annotations__)}."
        )
    if isinstance(options.get("reassign"), Mapping | Sequence) and not _only_names(options):
        raise InvalidInput(
            f"hierarchy: `reassign` of the level {head.name!r} takes names of its members, so that "
            "whoever takes over works on its authority. Add the member, and name it."
        )
    if options and not members:
        raise InvalidInput(
            f"hierarchy: the level {head.name!r} has nobody under it, so {next(iter(options))!r} "
            "means nothing. Leave it out, or give it members."
        )
    if "/" in head.name:
        raise InvalidMember(
            f"hierarchy: a level is called {head.name!r}, and '/' stands between levels. Give it "
            "another name, with `member(it, name=...)`."
        )
    under = tuple(each if isinstance(each, Level) else member(each) for each in members)
    return Level(head, under, authority or Authority(), decide, dict(options))


@remembered
def hierarchy(
    manager: object,
    members: Sequence[object],
    *,
    authority: Authority | None = None,
    decide: Decider | None = None,
    state: Any = None,
    **options: Unpack[Options],
) -> StateGraph[Any, Any, Any, Any]:
    """Build a hierarchy of supervisors, as an uncompiled graph: the supervisor at its top.

    Each level has an `Authority`. No level's is more than that of the level above. What goes beyond
    it is not done: a tool that is not among its tools, work for a member that is not among its
    delegates, a decision above its limit. It goes up to the managers of the levels above that may
    decide it, and from the top to a person. `decide` has something decided. The journal tells of
    each decision who took it, on whose authority and why.

    Args:
        manager: Who leads the whole, as of `supervisor`.
        members: Those directly under it: members, or `level`s.
        authority: What the whole may do without asking; by default everything but decisions.
        decide: Decides in the manager's place what goes beyond the authority of those below.
        state: A `TypedDict` of fields of your own, at the top.
        **options: As for `supervisor`.

    Raises:
        InvalidMember: One is no member, two under one manager have one name, or there is none.
        InvalidInput: A level exceeds the one above, has more members than its span, names
            delegates that are not under it, limits money without a price, or has an option that
            cannot be.
    """
    if not members:
        raise InvalidMember(f"hierarchy: there is nobody under {manager!r}. Give at least one.")
    top = level(manager, members, authority=authority, decide=decide, **options)
    return _team(top, _ranks(top, ()), state=state)


def _team(one: Level, ranks: tuple[Rank, ...], *, state: Any = None) -> Graph:
    """The graph of a level and all under it."""
    office, top = Office(one.name, ranks), len(ranks) == 1
    under = [_under(each, office) for each in one.members]
    budget = one.authority.budget or ranks[-1].authority.budget
    graph = supervisor(
        placed(one.manager, office),
        under,
        state=state,
        budget=one.authority.budget if top else None,
        **cast("Any", one.options),
    )
    if budget is not None and not top:
        team = {each.name: each for each in [one.manager, *under]}
        check_team(budget, team, f"hierarchy: {ranks[-1].path}")
    if TOOLS in graph.nodes:
        own = graph.nodes.pop(TOOLS)
        graph.add_node(TOOLS, within_office(own.runnable, office), metadata=own.metadata)
    return graph


def _under(each: Level | Member, boss: Office) -> Placed:
    """A member, or a whole level, at its place under a manager."""
    if isinstance(each, Member):
        return placed(each, replace(boss, who=each.name), boss)
    ranks, own = _ranks(each, boss.ranks), each.manager
    policy = dict(own.policy or Policy()) if not each.members else {}
    if (budget := each.authority.budget) is not None:
        policy["budget"] = budget
    around = Policy.model_validate(policy) if policy else None
    thing = _team(each, ranks) if each.members else own
    one = member(thing, name=own.name, role=own.role, policy=around)
    return placed(one, Office(own.name, ranks), boss)


def _ranks(one: Level, above: tuple[Rank, ...]) -> tuple[Rank, ...]:
    """The levels down to this one, each with what it has from those above.

    Raises:
        InvalidInput: It exceeds the one above, or cannot be.
    """
    path = "/".join([*(rank.path for rank in above[-1:]), one.name])
    authority = inherited(above[-1].authority, one.authority) if above else one.authority
    _check(one, path, authority, above[-1] if above else None)
    return (*above, Rank(path, authority, judge_of(one.manager, path, authority, one.decide)))


def _check(one: Level, path: str, authority: Authority, above: Rank | None) -> None:
    if above is not None and (more := exceeds(above.authority, authority)):
        raise InvalidInput(
            f"hierarchy: the level {path!r} exceeds {above.path!r}, the one above it, by "
            f"{'; '.join(more)}. Take it from {path!r}, or give it to {above.path!r}."
        )
    if authority.span is not None and len(one.members) > authority.span:
        raise InvalidInput(
            f"hierarchy: {len(one.members)} members are directly under {path!r}, and its span is "
            f"{authority.span}. Put a level between them, or raise its `span`."
        )
    known = set(_names(one))
    if strange := sorted((one.authority.delegates or frozenset()) - known):
        raise InvalidInput(
            f"hierarchy: the delegates of {path!r} name {strange[0]!r}, and nobody under it is "
            f"called so. Name some of {', '.join(map(repr, sorted(known))) or 'nobody'}."
        )


def _only_names(options: Options) -> bool:
    given: Any = options.get("reassign", ())
    heirs = given.values() if isinstance(given, Mapping) else [given]
    return all(isinstance(each, str) for some in heirs for each in some)


def _names(one: Level) -> Iterator[str]:
    """The names of all under a level."""
    for each in one.members:
        yield each.name
        if isinstance(each, Level):
            yield from _names(each)
