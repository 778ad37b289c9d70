"""What no plugin may reach, in the words that an author reads."""

import unittest

from landfall_plugin.reach import scan


class Reach(unittest.TestCase):
    def check(self, source, *expected):
        problems, _ = scan(source, "src/plugin.py", {"helpers"})
        found = [f"{one['line']}:{one['column']} {one['what']}: {one['why']}" for one in problems]
        self.assertEqual(len(found), len(expected), found)
        for one, start in zip(found, expected, strict=True):
            self.assertTrue(one.startswith(start), one)

    def test_what_is_pure_is_free(self):
        self.check(
            "import math, json\nfrom datetime import date\nfrom decimal import Decimal\nfrom landfall_plugin import log\n"
            "from helpers import price\nimport helpers\nfrom . import helpers\n"
            "def f(case):\n    open = 3\n    today = case.facts.today, case.modules\n    return sorted({1, 2}), open, {**{}}\n"
        )
        self.assertEqual(scan("import math\nfrom collections.abc import Mapping\n", "x", set())[1], {"math", "collections.abc"})

    def test_clock(self):
        why = "a plugin has no clock: what changes by date is a param"
        self.check("import time", f"1:1 import time: {why}")
        self.check("from datetime import date\nx = date.today()", f"2:5 date.today: {why}")
        self.check("from datetime import date\nx = date.fromisoformat('2026-01-01').year")
        self.check("import datetime as d\nx = d.datetime.now()", f"2:5 d.datetime.now: {why}")

    def test_randomness(self):
        self.check("import random", "1:1 import random: a plugin has no randomness")
        self.check("from secrets import token_hex", "1:1 from secrets import token_hex: a plugin has no randomness")
        self.check("x = hash('a')", "1:5 hash: a plugin has no randomness: the hash of a text differs")
        self.check("for x in {'a', 'b'}: pass", "1:10 {'a', 'b'}: the order of a set differs from build to build")
        self.check("x = [y for y in set(z)]", "1:17 set(z): the order of a set differs")
        self.check("x = list(set(z))", "1:10 set(z): the order of a set differs")

    def test_files_network_and_environment(self):
        self.check("x = open('a')", "1:5 open: a plugin has no files")
        self.check("import pathlib, io", "1:1 import pathlib: a plugin has no files", "1:1 import io: a plugin has no files")
        self.check("import urllib.request", "1:1 import urllib.request: a plugin has no network")
        self.check("import os", "1:1 import os: a plugin has no environment")
        self.check("def f():\n    import sys", "2:5 import sys: a plugin has no environment")
        self.check("print('x')", "1:1 print: a plugin has no output but its lines")

    def test_code_and_tricks(self):
        self.check("eval('1')", "1:1 eval: a plugin runs the code that was built")
        self.check("__import__('time')", "1:1 __import__: a plugin runs the code that was built")
        self.check("import importlib", "1:1 import importlib: a plugin runs the code that was built")
        self.check("x = ().__class__", "1:5 ().__class__: a plugin runs the code that was built")
        self.check("import enum\nx = enum.sys", "2:5 enum.sys: a plugin has no environment")
        self.check("from dataclasses import sys", "1:1 from dataclasses import sys: a plugin has no environment")
        self.check("from random import *", "1:1 from random import *: a plugin has no randomness")

    def test_floats_and_what_is_not_python(self):
        self.check("x = 1.5", '1:5 1.5: a float is not exact: write `Decimal("1.5")`')
        self.check("x = float(3)", "1:5 float: a float is not exact")
        self.check("import numpy", "1:1 import numpy: a plugin is pure Python")
        self.check("x = (", "1:5 : '(' was never closed")


if __name__ == "__main__":
    unittest.main()
