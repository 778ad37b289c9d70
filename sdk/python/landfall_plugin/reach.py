"""What no plugin may reach: clock, randomness, files, network, environment. Finds it in source, before anything runs.

`landfall plugin build` runs this file by itself, with the Python of its tools: `python -I reach.py FOLDER SHOWN …`
prints one JSON object, of problems and of the modules that are imported. It sees what is written and no trick; for
those there is `guard`, and behind it the component, in which nothing of all this exists.
"""

import ast
import json
import pathlib
import sys

CLOCK = "a plugin has no clock: what changes by date is a param"
RANDOM = "a plugin has no randomness: the same case has the same lines"
FILES = "a plugin has no files: what it must know is a fact, a param or a setting"
NETWORK = "a plugin has no network: what it must know is a fact, a param or a setting"
ENVIRONMENT = "a plugin has no environment and no processes: what it must know is a fact, a param or a setting"
CODE = "a plugin runs the code that was built and no other: write it out"
NATIVE = "a plugin is pure Python: write it with the modules of `landfall_plugin` and the pure ones of Python"
FLOAT = "a float is not exact"

PURE = frozenset(
    "__future__ abc array base64 binascii bisect cmath collections contextlib copy dataclasses datetime decimal difflib "
    "enum fractions functools graphlib heapq itertools json keyword landfall_plugin math numbers operator re reprlib "
    "string struct textwrap types typing unicodedata weakref".split()
)
"""Modules without a way out."""

REASONS = {
    CLOCK: "time sched zoneinfo calendar timeit locale",
    RANDOM: "random secrets uuid statistics hashlib _random",
    FILES: "io pathlib shutil tempfile glob fnmatch fileinput linecache csv sqlite3 pickle shelve dbm zipfile tarfile "
    "gzip bz2 lzma mmap configparser tomllib logging stat filecmp _io",
    NETWORK: "socket ssl http urllib requests httpx aiohttp ftplib smtplib socketserver xmlrpc select selectors asyncio "
    "email _socket",
    ENVIRONMENT: "os sys posix platform subprocess multiprocessing threading signal concurrent queue getpass pwd "
    "resource site sysconfig gc atexit faulthandler",
    CODE: "importlib builtins runpy code codeop imp pkgutil inspect ast dis marshal zipimport",
    NATIVE: "ctypes cffi numpy pandas",
}
WHY = {module: why for why, modules in REASONS.items() for module in modules.split()}

NAMES = {
    "open": FILES,
    "input": ENVIRONMENT,
    "print": "a plugin has no output but its lines: write `log.info(…)` of `landfall_plugin`",
    "eval": CODE,
    "exec": CODE,
    "compile": CODE,
    "__import__": CODE,
    "__builtins__": CODE,
    "__loader__": CODE,
    "__spec__": CODE,
    "globals": CODE,
    "breakpoint": ENVIRONMENT,
    "float": FLOAT + ': write `Decimal("…")` for a number, and `Money` or `Ratio` for its type',
    "complex": FLOAT + ': write `Decimal("…")` for a number, and `Money` or `Ratio` for its type',
    "hash": RANDOM.split(":")[0] + ": the hash of a text differs from build to build",
    "id": RANDOM.split(":")[0] + ": what `id` says differs from build to build",
}
"""Names of Python itself."""

CALLED = {name: CLOCK for name in "today now utcnow fromtimestamp utcfromtimestamp".split()}
"""Methods of `datetime`. Read and not called, the name may be anybody's field."""

BEHIND = frozenset(
    "__builtins__ __class__ __subclasses__ __bases__ __base__ __mro__ __globals__ __code__ __loader__ __import__ "
    "__getattribute__ __reduce__ f_globals f_builtins f_back gi_frame tb_frame".split()
)
"""Ways from an object to what lies behind it."""


class Scan(ast.NodeVisitor):
    """Gathers what one file reaches for."""

    def __init__(self, shown, own):
        self.shown = shown
        self.own = own
        self.problems = []
        self.imports = set()
        self.bound = set()

    def problem(self, node, what, why):
        self.problems.append(
            {"file": self.shown, "line": node.lineno, "column": node.col_offset + 1, "what": what, "why": why}
        )

    def module(self, node, name, what):
        top = name.split(".")[0]
        if top in self.own:
            return
        if top in PURE:
            self.imports.add(name)
        else:
            self.problem(node, what, WHY.get(top, NATIVE))

    def visit_Import(self, node):
        for alias in node.names:
            self.module(node, alias.name, f"import {alias.name}")

    def visit_ImportFrom(self, node):
        names = ", ".join(alias.name for alias in node.names)
        what = f"from {'.' * node.level}{node.module or ''} import {names}"
        if node.level == 0:
            self.module(node, node.module, what)
        for alias in node.names:
            if node.level == 0 and node.module.split(".")[0] not in self.own:
                self.behind(node, alias.name, what)

    def behind(self, node, name, what):
        """A module that a module of Python itself imported is one of its names, and no way around."""
        if name in BEHIND:
            self.problem(node, what, CODE)
        elif name.lstrip("_") in WHY and name not in PURE:
            self.problem(node, what, WHY[name.lstrip("_")])

    def visit_Name(self, node):
        if node.id in NAMES and node.id not in self.bound and isinstance(node.ctx, ast.Load):
            self.problem(node, node.id, NAMES[node.id])

    def visit_Attribute(self, node):
        if node.attr in BEHIND:
            self.problem(node, ast.unparse(node), CODE)
        elif isinstance(node.value, ast.Name) and node.value.id in self.modules:
            self.behind(node, node.attr, ast.unparse(node))
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, (float, complex)):
            text = repr(node.value)
            self.problem(node, text, f'{FLOAT}: write `Decimal("{text}")`, which is')

    def visit_AsyncFunctionDef(self, node):
        self.problem(node, f"async def {node.name}", "a plugin waits for nothing: write `def`")
        self.generic_visit(node)

    def iterated(self, node):
        """The order of a set of texts differs from build to build."""
        is_set = isinstance(node, (ast.Set, ast.SetComp))
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
        if is_set or called:
            what = ast.unparse(node)
            self.problem(node, what, f"the order of a set differs from build to build: write `sorted({what})`")

    def visit_For(self, node):
        self.iterated(node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node):
        self.iterated(node.iter)
        self.generic_visit(node)

    def visit_Call(self, node):
        if isinstance(node.func, ast.Attribute) and node.func.attr in CALLED:
            self.problem(node.func, ast.unparse(node.func), CALLED[node.func.attr])
        if isinstance(node.func, ast.Name) and node.func.id in ("list", "tuple") and len(node.args) == 1:
            self.iterated(node.args[0])
        self.generic_visit(node)

    def run(self, tree):
        self.modules = {
            (alias.asname or alias.name).split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                self.bound.add(node.name)
            elif isinstance(node, ast.arg):
                self.bound.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.bound.add(node.id)
        self.visit(tree)


def scan(source, shown, own):
    """The problems of one file, and the modules it imports. `own` are the modules beside it."""
    try:
        tree = ast.parse(source, shown)
    except SyntaxError as error:
        return [{"file": shown, "line": error.lineno or 1, "column": error.offset or 1, "what": "", "why": error.msg}], set()
    except ValueError as error:
        return [{"file": shown, "line": 1, "column": 1, "what": "", "why": str(error)}], set()
    found = Scan(shown, own)
    found.run(tree)
    found.problems.sort(key=lambda problem: (problem["line"], problem["column"]))
    return found.problems, found.imports


def modules_of(folder):
    """What can be imported from a folder by its first name."""
    return {path.stem for path in pathlib.Path(folder).iterdir() if path.suffix == ".py" or path.is_dir()}


def main(arguments):
    """Scans folders, each followed by the name it is shown by; all but the SDK itself."""
    folders = list(zip(arguments[::2], arguments[1::2]))
    own = set().union(*(modules_of(folder) for folder, _ in folders))
    problems, imports = [], set()
    for folder, shown in folders:
        for path in sorted(pathlib.Path(folder).rglob("*.py")):
            relative = path.relative_to(folder)
            if relative.parts[0] == "landfall_plugin":
                continue
            found, imported = scan(path.read_bytes(), f"{shown}/{relative.as_posix()}", own)
            problems += found
            imports |= imported
    json.dump({"problems": problems, "imports": sorted(imports)}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
