"""What becomes of values in a checkpoint: tried with LangGraph's own serializer, and told here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from stretto.check.facts import Graph

UNSTORABLE = frozenset({
    "_thread.lock", "_thread.RLock", "_thread.allocate_lock", "threading.Lock", "threading.RLock",
    "threading.Event", "threading.Condition", "threading.Semaphore", "threading.Thread",
    "threading.BoundedSemaphore", "threading.Barrier", "threading.Timer",
    "asyncio.locks.Lock", "asyncio.Lock", "asyncio.locks.Event", "asyncio.Event",
    "asyncio.locks.Semaphore", "asyncio.Semaphore", "asyncio.queues.Queue", "asyncio.Queue",
    "_asyncio.Task", "asyncio.Task", "_asyncio.Future", "asyncio.Future", "asyncio.create_task",
    "asyncio.tasks.create_task", "asyncio.ensure_future", "asyncio.tasks.ensure_future",
    "queue.Queue", "queue.SimpleQueue", "_queue.SimpleQueue", "queue.PriorityQueue",
    "multiprocessing.context.BaseContext.Queue", "multiprocessing.context.BaseContext.Lock",
    "concurrent.futures.thread.ThreadPoolExecutor", "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.process.ProcessPoolExecutor", "concurrent.futures.ProcessPoolExecutor",
    "concurrent.futures._base.Future", "concurrent.futures.Future",
    "socket.socket", "ssl.SSLSocket", "subprocess.Popen",
    "_io.open", "io.open", "open", "typing.IO", "typing.TextIO", "typing.BinaryIO",
    "_io.TextIOWrapper", "io.TextIOWrapper", "_io.BytesIO", "io.BytesIO", "_io.StringIO",
    "io.StringIO", "_io.BufferedReader", "io.BufferedReader", "_io.BufferedWriter",
    "tempfile.TemporaryFile", "tempfile.NamedTemporaryFile", "tempfile.TemporaryDirectory",
    "sqlite3.Connection", "sqlite3.connect", "_sqlite3.connect", "sqlite3.Cursor",
    "httpx.Client", "httpx._client.Client", "httpx.AsyncClient", "httpx._client.AsyncClient",
    "requests.Session", "requests.sessions.Session", "requests.session",
    "requests.sessions.session", "aiohttp.ClientSession", "aiohttp.client.ClientSession",
    "urllib.request.urlopen", "psycopg.Connection", "psycopg.connect", "psycopg2.connect",
    "psycopg.connection.Connection", "redis.Redis", "redis.client.Redis",
    "sqlalchemy.create_engine", "sqlalchemy.engine.create.create_engine", "sqlalchemy.Engine",
    "sqlalchemy.engine.base.Engine", "sqlalchemy.orm.Session", "sqlalchemy.orm.session.Session",
    "openai.OpenAI", "openai._client.OpenAI", "openai.AsyncOpenAI", "openai._client.AsyncOpenAI",
    "logging.Logger", "logging.getLogger", "random.Random", "fractions.Fraction", "complex",
    "range", "type", "map", "filter", "zip", "enumerate", "reversed", "iter", "slice",
    "collections.abc.Callable", "typing.Callable", "collections.abc.Iterator", "typing.Iterator",
    "collections.abc.Generator", "typing.Generator", "collections.abc.AsyncIterator",
    "collections.abc.AsyncGenerator", "collections.abc.Coroutine", "collections.abc.Awaitable",
    "types.FunctionType", "types.ModuleType", "types.GeneratorType", "types.MethodType",
    "types.SimpleNamespace", "functools.partial", "itertools.chain", "itertools.count",
})  # fmt: skip
"""Classes, and functions that make an object of one, that the serializer refuses."""
CHANGED = {
    "tuple": "list",
    "Tuple": "list",
    "typing.Tuple": "list",
    "collections.Counter": "dict",
    "typing.Counter": "dict",
    "collections.defaultdict": "dict",
    "typing.DefaultDict": "dict",
    "collections.OrderedDict": "dict",
    "typing.OrderedDict": "dict",
    "memoryview": "bytes",
}
"""Classes that come back as another; sets, frozensets, deques and named tuples do not."""


def stored(graph: Graph) -> Literal["yes", "unknown", "no"]:
    """Whether the state of a graph is written into checkpoints.

    A graph that is not compiled yet may still be given a checkpointer.
    """
    saver = getattr(graph.live, "checkpointer", None)
    if getattr(getattr(saver, "serde", None), "pickle_fallback", False):
        return "no"
    if graph.checkpointing == "own" or graph.served:
        return "yes"
    return "unknown" if graph.checkpointing == "unknown" else "no"
