"""What the offline model knows of English: words that say little, odd forms, near meanings.

General vocabulary of technical and business prose; nothing here is about any one source.
"""

from __future__ import annotations

_FUNCTION = """
    a about above actually after all also although am an and any anybody anyone anything are
    aren't around as ask at basically be because been before being below between both but by can
    can't cannot could couldn't describe did didn't do does doesn't doing don't down due during
    each eg either else etc even ever every everything exactly explain few find for from further
    give had hadn't happen happened happens has hasn't have haven't having he he's hello help
    her here hers herself hey hi him himself his how however i i'd i'll i'm i've ie if in
    instead into is isn't it it's its itself just kindly know let let's like list may me mean
    might mine more most much must my myself need neither no nor not of off ok okay on once only
    onto or other our ours ourselves out over own per perhaps please quite rather really same
    say shall shan't she should shouldn't show simply since so some somebody someone something
    still such tell than thank thanks that that's the their theirs them themselves then there
    there's these they they're this those though through thus to too toward under unless until
    up upon us versus very via vs want was wasn't we we're were weren't what what's whatever
    when whenever where whereas whether which while who whom whose why will with within without
    won't wonder work working works would wouldn't yes yet you you'd you'll you're you've your
    yours yourself purpose meaning definition
"""
_COMMON = """
    able accept access act action active actual add again against ago allow alone already always
    amount answer appear apply area attempt available avoid away back bad base basic become
    begin behavior behaviour best better big bit body book bring build business call care carry
    case cause certain chance change check choose class clear close code come common compare
    complete condition consider contain continue control copy correct cost count course create
    current cut data day deal decide decision default define depend describe detail determine
    develop difference different difficult direct do document door drop early easy effect empty
    enable end enough ensure enter entire error event exact exactly example except exist expect
    experience explain extra fact fail fall false far fast feature field file fill final fine
    first fit fix follow force form free full function general get give go good great group grow
    guide half hand handle happen hard head hear help high hold home hour house huge idea
    important include increase information inside internal introduce issue item join keep key
    kind know language large last late later lead learn least leave left length less level life
    light limit line list little live local long look lose lot low main make manage manner many
    mark matter maximum mean member mention method middle mind minimum minute miss mode moment
    money month move multiple name near necessary need never new next nothing now number object
    occur offer often old one open operation option order original output outside page pair
    parameter part particular pass past path pay people person place plan play point possible
    power prefer prepare present prevent previous print problem process produce program project
    proper provide public purpose push put question quick raise range reach read ready real
    reality reason receive recent record reduce refer regard relate remain remember remove
    repeat replace request require rest result return right rule run safe save second see seem
    select send separate series serve set several short show side sign simple single situation
    size small soon sort source special specific stand standard start state stay step stop store
    string strong stuff subject succeed success sudden suggest support sure system table take
    talk task team term test thing think three time today together top total touch track true
    try turn two type understand unit update use user usual valid value various version view
    wait walk way ways week well whole wide word work world worth write wrong year
"""

FUNCTION_WORDS = frozenset(_FUNCTION.split())
"""Carry no topic: never searched for, never weighed."""

COMMON_WORDS = frozenset(_COMMON.split())
"""Occur everywhere: weigh half of a word that names a subject."""

BASE_FORMS = {
    "ran": "run", "wrote": "write", "written": "write", "began": "begin", "begun": "begin",
    "broke": "break", "broken": "break", "brought": "bring", "built": "build", "bought": "buy",
    "came": "come", "chose": "choose", "chosen": "choose", "did": "do", "done": "do",
    "drew": "draw", "drawn": "draw", "found": "find", "gave": "give", "given": "give",
    "went": "go", "gone": "go", "got": "get", "gotten": "get", "held": "hold", "kept": "keep",
    "knew": "know", "known": "know", "left": "leave", "lost": "lose", "made": "make",
    "meant": "mean", "met": "meet", "paid": "pay", "rose": "rise", "said": "say", "saw": "see",
    "seen": "see", "sent": "send", "shown": "show", "spent": "spend", "stood": "stand",
    "stuck": "stick", "taken": "take", "took": "take", "taught": "teach", "thought": "think",
    "threw": "throw", "thrown": "throw", "told": "tell", "understood": "understand",
    "overwritten": "overwrite", "overridden": "override", "hidden": "hide", "frozen": "freeze",
    "children": "child", "people": "person", "indices": "index", "indexes": "index",
    "schemata": "schema", "criteria": "criterion", "lives": "life", "men": "man",
    "women": "woman", "was": "be", "is": "be", "fed": "feed", "led": "lead", "sold": "sell",
    "won": "win", "async": "asynchronous", "sync": "synchronous", "config": "configuration",
    "params": "parameter", "args": "argument", "arg": "argument", "param": "parameter",
    "init": "initialize", "initialise": "initialize", "serialise": "serialize",
    "summarise": "summarize", "behavior": "behaviour", "docs": "documentation",
    "doc": "documentation", "db": "database", "id": "identifier", "ids": "identifier",
}  # fmt: skip
"""Irregular and shortened forms, each to the form it is counted as."""

NEAR_MEANINGS = (
    "start begin top beginning commence launch first",
    "again re anew repeat rerun restart redo",
    "retry again reattempt attempt",
    "resume continue proceed",
    "stop halt cancel abort terminate interrupt kill cease quit",
    "end finish complete conclude exit last",
    "write save persist store record commit",
    "checkpoint snapshot save persist",
    "read load get fetch retrieve",
    "delete remove erase drop discard clear prune purge",
    "make create build construct generate produce",
    "run execute invoke call perform",
    "code work program function logic",
    "error exception failure fault",
    "fail raise error crash break",
    "change modify update alter edit",
    "set configure specify assign",
    "send emit publish dispatch transmit",
    "receive get accept obtain",
    "wait pause sleep delay suspend",
    "stream yield emit",
    "default usual standard",
    "limit maximum cap bound restrict",
    "reach exceed exhaust hit",
    "data information",
    "difference differ distinguish contrast versus unlike whereas",
    "minimum least lowest",
    "highest maximum most best",
    "allow enable permit support let",
    "forbid deny prohibit reject disallow refuse",
    "require need must mandatory necessary",
    "use utilize employ apply",
    "return give produce yield",
    "check validate verify test confirm",
    "combine merge join aggregate concatenate reduce",
    "split divide partition chunk separate",
    "parallel concurrent simultaneous",
    "order sequence sort",
    "time duration period seconds",
    "timeout deadline expire",
    "fast quick rapid speed",
    "hide mask redact conceal",
    "show display present render draw",
    "person human user people",
    "customer client member holder",
    "approve confirm authorize accept",
    "password credential secret",
    "message chat conversation",
    "memory history",
    "tool function",
    "argument parameter input option",
    "type kind class sort",
    "name identifier key label",
    "folder directory path",
    "open start create",
    "close end shut terminate",
    "pay payment charge",
    "fee charge cost price",
    "rate percentage interest",
    "money cash fund balance amount",
    "credit card",
    "buy purchase spend",
    "refund reimburse return credit",
    "dispute contest claim chargeback",
    "fraud scam theft suspicious unauthorized",
    "lost missing stolen",
    "replace substitute exchange",
    "transfer move wire send",
    "annual yearly year",
    "monthly month",
    "eligible qualify eligibility requirement",
    "reward bonus cashback",
    "travel flight hotel trip",
    "foreign international abroad overseas",
    "student college university",
    "company business firm corporate",
    "phone telephone mobile call",
    "address location place",
)
"""Groups of near meanings, as base forms."""
