"""Recipes: small features that work, as files by area; `$name` is what the feature is called."""

from __future__ import annotations

from string import Template

_APP = '''"""The application: routes are found in `backend.routes`, pages in `frontend`."""

import importlib
import json
import pkgutil
from pathlib import Path

from backend import routes

PAGES = Path(__file__).parent.parent / "frontend"
LIMIT = 65_536


def handlers():
    """The function that answers, by path."""
    names = [each.name for each in pkgutil.iter_modules(routes.__path__)]
    modules = [importlib.import_module(f"backend.routes.{name}") for name in names]
    return {module.ROUTE: module.handle for module in modules}


def app(environ, start_response):
    """Answer a request, as WSGI says."""
    path, handle = environ["PATH_INFO"], handlers().get(environ["PATH_INFO"])
    if handle is not None:
        size = min(int(environ.get("CONTENT_LENGTH") or 0), LIMIT)
        status, said = handle(environ["REQUEST_METHOD"], environ["wsgi.input"].read(size))
        return _give(start_response, status, "application/json", json.dumps(said).encode())
    page = {f"/{each.stem}": each for each in PAGES.glob("*.html")}.get(path)
    if page is None:
        return _give(start_response, "404 Not Found", "text/plain", b"there is no such page")
    return _give(start_response, "200 OK", "text/html; charset=utf-8", page.read_bytes())


def _give(start_response, status, kind, body):
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
'''
_SERVE = '''"""Serves the application: `python -m infrastructure.serve`; HOST and PORT say where."""

import os
from wsgiref.simple_server import make_server


def server(host, port):
    """A server that listens, at a free port where that is 0."""
    from backend.app import app

    return make_server(host, port, app)


if __name__ == "__main__":
    server(os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))).serve_forever()
'''
_CONFIG = """{
  "service": "$name",
  "command": ["python", "-m", "infrastructure.serve"],
  "health": "/api/$name",
  "page": "/$name",
  "port": 8000
}
"""
_CONFIG_TEST = '''"""What the service is told."""

import json
import unittest
from pathlib import Path

CONFIG = Path("infrastructure/$name.json")


class Config(unittest.TestCase):
    def test_it_names_command_and_health(self):
        told = json.loads(CONFIG.read_text())
        self.assertEqual(told["command"][-1], "infrastructure.serve")
        self.assertTrue(told["health"].startswith("/api/"))
        self.assertIn(told["port"], range(1, 65536))
'''
_SERVED = '''"""All parts together, over HTTP."""

import json
import threading
import unittest
import urllib.request

from infrastructure.serve import server


class Served(unittest.TestCase):
    def setUp(self):
        self.server = server("127.0.0.1", 0)
        self.server.RequestHandlerClass.log_message = lambda *given: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def get(self, path, body=None):
        url = f"http://127.0.0.1:{self.server.server_port}{path}"
        with urllib.request.urlopen(url, body, timeout=10) as said:
            return said.read().decode()

    def test_the_page_is_served(self):
        self.assertIn("/api/$name", self.get("/$name"))

'''
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>$name</title>
<h1>$name</h1>
"""
_PAGE_TEST = '''"""The page."""

import unittest
from pathlib import Path


class Page(unittest.TestCase):
    def test_it_asks_the_route_and_puts_text_as_text(self):
        page = Path("frontend/$name.html").read_text()
        self.assertIn('fetch("/api/$name"', page)
        self.assertIn("textContent", page)
        self.assertNotIn("innerHTML", page)
'''
_COMMON_BACK = {
    "backend/__init__.py": '"""The backend."""\n',
    "backend/app.py": _APP,
    "backend/routes/__init__.py": '"""One module a route."""\n',
}
_COMMON_INFRA = {
    "infrastructure/__init__.py": '"""How it is run."""\n',
    "infrastructure/serve.py": _SERVE,
    "infrastructure/$name.json": _CONFIG,
    "tests/infrastructure/test_infrastructure_$name.py": _CONFIG_TEST,
}

RECIPES: dict[str, dict[str, dict[str, str]]] = {
    "list": {
        "backend": {
            **_COMMON_BACK,
            "backend/routes/$name.py": '''"""A list of $name that grows."""

import json

ROUTE = "/api/$name"
MOST, LONGEST = 1000, 500
ITEMS = []


def handle(method, body):
    """Give the list, or take one more text into it."""
    if method == "GET":
        return "200 OK", {"items": ITEMS}
    if method != "POST":
        return "405 Method Not Allowed", {"error": "use GET or POST"}
    try:
        text = json.loads(body)["text"].strip()
    except (ValueError, KeyError, TypeError, AttributeError):
        return "400 Bad Request", {"error": "send {\\"text\\": \\"...\\"}"}
    if not 0 < len(text) <= LONGEST or len(ITEMS) >= MOST:
        return "400 Bad Request", {"error": "the text is empty or too long, or the list is full"}
    ITEMS.append(text)
    return "201 Created", {"items": ITEMS}
''',
            "tests/backend/test_backend_$name.py": '''"""The list of $name."""

import unittest

from backend.routes import $name


class List(unittest.TestCase):
    def setUp(self):
        $name.ITEMS.clear()

    def test_what_is_added_is_given(self):
        self.assertEqual($name.handle("POST", b'{"text": "one"}')[0], "201 Created")
        self.assertEqual($name.handle("GET", b""), ("200 OK", {"items": ["one"]}))

    def test_what_makes_no_sense_is_refused(self):
        for body in (b"", b"[]", b"{}", b'{"text": " "}', b'{"text": 1}', b"\\xff"):
            self.assertEqual($name.handle("POST", body)[0], "400 Bad Request")
        self.assertEqual($name.handle("PUT", b"")[0], "405 Method Not Allowed")
''',
        },
        "frontend": {
            "frontend/$name.html": _PAGE
            + """<ul id="items"></ul>
<form id="form"><input id="text" maxlength="500" required><button>Add</button></form>
<script>
const show = (said) => {
  const lines = said.items.map((text) => {
    const line = document.createElement("li");
    line.textContent = text;
    return line;
  });
  document.getElementById("items").replaceChildren(...lines);
};
const ask = (options) =>
  fetch("/api/$name", options).then((said) => said.json()).then(show);
document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = document.getElementById("text");
  ask({ method: "POST", body: JSON.stringify({ text: field.value }) });
  field.value = "";
});
fetch("/api/$name").then((said) => said.json()).then(show);
</script>
""",
            "tests/frontend/test_frontend_$name.py": _PAGE_TEST,
        },
        "infrastructure": {
            **_COMMON_INFRA,
            "tests/integration/test_integration_$name.py": _SERVED
            + """    def test_the_list_grows(self):
        self.get("/api/$name", b'{"text": "one"}')
        self.assertIn("one", json.loads(self.get("/api/$name"))["items"])
""",
        },
    },
    "status": {
        "backend": {
            **_COMMON_BACK,
            "backend/routes/$name.py": '''"""Whether the application works."""

ROUTE = "/api/$name"


def handle(method, body):
    """Say that it works."""
    if method != "GET":
        return "405 Method Not Allowed", {"error": "use GET"}
    return "200 OK", {"service": "$name", "works": True}
''',
            "tests/backend/test_backend_$name.py": '''"""The route that says whether it works."""

import unittest

from backend.routes import $name


class Status(unittest.TestCase):
    def test_it_says_so(self):
        self.assertEqual($name.handle("GET", b"")[1]["works"], True)
        self.assertEqual($name.handle("POST", b"")[0], "405 Method Not Allowed")
''',
        },
        "frontend": {
            "frontend/$name.html": _PAGE
            + """<p id="works">asking</p>
<script>
fetch("/api/$name").then((said) => said.json()).then((said) => {
  document.getElementById("works").textContent = said.works ? "It works." : "It does not work.";
});
</script>
""",
            "tests/frontend/test_frontend_$name.py": _PAGE_TEST,
        },
        "infrastructure": {
            **_COMMON_INFRA,
            "tests/integration/test_integration_$name.py": _SERVED
            + """    def test_it_works(self):
        self.assertTrue(json.loads(self.get("/api/$name"))["works"])
""",
        },
    },
}
"""Files by recipe and area."""


def files_of(recipe: str, area: str, name: str) -> dict[str, str]:
    """The files of a recipe, by path.

    Args:
        recipe: One of `RECIPES`.
        area: Whose part.
        name: What the feature is called, a name in Python.
    """
    parts = RECIPES[recipe][area]
    return {
        Template(path).substitute(name=name): Template(text).safe_substitute(name=name)
        for path, text in parts.items()
    }
