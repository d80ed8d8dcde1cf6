"""What a view can run into: its code is read, and that of what it calls, as far as it is the service's own.

Types come from annotations, so `runtime().logins.log_in(…)` leads to the method. An exception that a caller turns into
something else doesn't count. What can't be followed (a callable out of a dict) is missed; the tests' client, which holds every
answer against the document, says so.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from chassis.problems import Problem

# Of the chassis only what raises something of its own on behalf of a view.
_FOLLOWED = (
    "chassis.conditional",
    "chassis.ordering",
    "chassis.b2b",
    "chassis.batches",
    "chassis.http",
    "chassis.throttle",
)


@dataclass(frozen=True, slots=True)
class Instance:
    """A value of which only the class is known."""

    of: type[Any]


@dataclass(slots=True)
class Reach:
    """The problems that may come out of some code, and the functions it goes through (`module.name`)."""

    problems: set[type[Problem]] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)

    def add(self, other: Reach) -> None:
        """Both together."""
        self.problems |= other.problems
        self.functions |= other.functions


class Reader:
    """Reads the code of one service."""

    def __init__(self, package: str) -> None:
        self.package = package
        self._known: dict[Any, Reach] = {}

    def view(self, view: Callable[..., Any]) -> Reach:
        """All that a view and its decorators can run into."""
        found = Reach()
        for layer in _layers(view):
            found.functions.add(f"{layer.__globals__['__name__']}.{layer.__code__.co_name}")
            if self._own(layer.__globals__["__name__"]):
                found.add(self._function(layer))
        return found

    def schema(self, schema: type[Any]) -> Reach:
        """What the hooks of a request schema raise."""
        found = Reach()
        for cls in schema.__mro__:
            if self._own(cls.__module__):
                for member in vars(cls).values():
                    if inspect.isfunction(member):
                        found.add(self._function(member))
        return found

    def _own(self, module: str) -> bool:
        return module == self.package or module.startswith(f"{self.package}.")

    def _function(self, function: Any) -> Reach:
        """Of this very function, not of what it wraps."""
        if function.__code__ in self._known:
            return self._known[function.__code__]
        found = self._known[function.__code__] = Reach()  # a recursion finds what there is so far
        found.functions.add(f"{function.__globals__['__name__']}.{function.__code__.co_name}")
        if (node := definition(function)) is not None:
            found.add(_Body(self, function).read(node.body))
        return found

    def follow(self, value: Any) -> Reach:
        """What a value that code mentions leads to."""
        if isinstance(value, types.MethodType):
            value = value.__func__
        if inspect.isclass(value) and issubclass(value, Problem):
            return Reach({value}) if value is not Problem else Reach()
        found = Reach()
        if dataclasses.is_dataclass(value) and not inspect.isclass(value) and self._own(type(value).__module__):
            for part in (getattr(value, one.name) for one in dataclasses.fields(value)):  # functions kept in an object
                for one in part.values() if isinstance(part, Mapping) else [part]:
                    found.add(self.follow(one))
        if inspect.isfunction(value):
            for layer in _layers(value):
                module = layer.__globals__["__name__"]
                found.functions.add(f"{module}.{layer.__code__.co_name}")
                if self._own(module) or module in _FOLLOWED:
                    found.add(self._function(layer))
        return found


class _Body:
    """One function's body: the names in it, and the types of its variables."""

    def __init__(self, reader: Reader, function: Any) -> None:
        self.reader = reader
        self.globals: dict[str, Any] = function.__globals__
        self.names: dict[str, Any] = {}
        if function.__closure__:
            for name, cell in zip(function.__code__.co_freevars, function.__closure__, strict=True):
                self.names[name] = cell.cell_contents
        hints = _hints(function)
        for name in inspect.signature(function).parameters:
            self.names[name] = _instance(hints.get(name))
        owner = _class_of(function)
        if owner is not None:
            self.names["self"] = Instance(owner)

    def read(self, statements: Iterable[ast.AST]) -> Reach:
        found = Reach()
        for statement in statements:
            found.add(self._node(statement))
        return found

    def _node(self, node: ast.AST) -> Reach:
        if isinstance(node, ast.Try):
            return self._try(node)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            self._assign(node)
        if isinstance(node, ast.ImportFrom) and node.module:
            module = import_module(node.module)
            self.names |= {name.asname or name.name: getattr(module, name.name, None) for name in node.names}
        if isinstance(node, ast.With):
            for item in node.items:
                if isinstance(item.optional_vars, ast.Name):
                    self.names[item.optional_vars.id] = self.value(item.context_expr)
        found = Reach()
        if isinstance(node, ast.Name | ast.Attribute):
            found.add(self.reader.follow(self.value(node)))
        for child in ast.iter_child_nodes(node):
            if isinstance(node, ast.FunctionDef | ast.arg | ast.AnnAssign) and child in _annotations(node):
                continue
            found.add(self._node(child))
        return found

    def _try(self, node: ast.Try) -> Reach:
        found = self.read(node.body)
        for handler in node.handlers:
            if any(isinstance(part, ast.Raise) and _passes_on(part, handler.name) for part in ast.walk(handler)):
                continue
            caught = tuple(one for one in self._classes(handler.type) if isinstance(one, type))
            found.problems = {one for one in found.problems if not issubclass(one, caught)}
        for part in (*(handler.body for handler in node.handlers), node.orelse, node.finalbody):
            found.add(self.read(part))
        return found

    def _classes(self, node: ast.expr | None) -> list[Any]:
        if node is None:
            return [BaseException]
        if isinstance(node, ast.Tuple):
            return [self.value(one) for one in node.elts]
        return [self.value(node)]

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = self.value(node.value) if node.value is not None else None
        for target in targets:
            if isinstance(target, ast.Name):
                self.names[target.id] = value

    def value(self, node: ast.AST) -> Any:
        """What an expression is: an object of the module, or an Instance of a class; None when that can't be told."""
        if isinstance(node, ast.Name):
            return self.names[node.id] if node.id in self.names else self.globals.get(node.id)
        if isinstance(node, ast.Attribute):
            return _member(self.value(node.value), node.attr)
        if isinstance(node, ast.Call):
            called = self.value(node.func)
            if inspect.isclass(called):
                return Instance(called)
            return _instance(_hints(called).get("return")) if callable(called) else None
        return None


def _passes_on(node: ast.Raise, name: str | None) -> bool:
    """Whether a handler raises what it caught, or something made of it."""
    if node.exc is None:
        return True
    return name is not None and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node.exc))


def _layers(function: Any) -> Iterator[Any]:
    """A decorated function, and what it wraps, down to itself."""
    while function is not None:
        if hasattr(function, "__code__"):
            yield function
        function = getattr(function, "__wrapped__", None)


def _member(base: Any, name: str) -> Any:
    if isinstance(base, Instance):
        found = inspect.getattr_static(base.of, name, None)
        if isinstance(found, property):
            return _instance(_hints(found.fget).get("return"))
        if inspect.isfunction(found):
            return found
        return _instance(_hints(base.of).get(name) or _assigned(base.of, name))
    if isinstance(base, types.ModuleType | type):
        return getattr(base, name, None)
    return None


def _assigned(cls: type[Any], name: str) -> Any:
    """The class of an attribute that `__init__` takes from a parameter of that type: `self._logins = logins`."""
    made: Any = cls.__init__
    if (tree := definition(made)) is None:
        return None
    body = _Body(Reader(""), made)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Attribute) and target.attr == name for target in node.targets
        ):
            found = body.value(node.value)
            return found.of if isinstance(found, Instance) else None
    return None


def _instance(hint: Any) -> Instance | None:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next((one for one in typing.get_args(hint) if one is not type(None)), None)
    if typing.get_origin(hint) is type:
        return None
    return Instance(hint) if inspect.isclass(hint) else None


def definition(function: Any) -> ast.FunctionDef | None:
    """The source of a function, as a tree; None for what has none: a lambda, a dataclass' `__init__`."""
    code = getattr(function, "__code__", None)
    return None if code is None else _definitions(code.co_filename).get((code.co_name, code.co_firstlineno))


@cache
def _definitions(file: str) -> dict[tuple[str, int], ast.FunctionDef]:
    """A file's functions by name and first line, decorators included."""
    if not Path(file).exists():
        return {}
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    return {
        (node.name, min([node.lineno, *(one.lineno for one in node.decorator_list)])): node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }


def _hints(of: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(of)
    except (NameError, TypeError, AttributeError):
        return {}


def _class_of(function: Any) -> type[Any] | None:
    path = function.__qualname__.split(".")[:-1]
    if not path or "<locals>" in path:
        return None
    found: Any = import_module(function.__module__)
    for name in path:
        found = getattr(found, name, None)
    return found if inspect.isclass(found) else None


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.FunctionDef):
        yield from (one for one in (node.returns, *node.decorator_list) if one is not None)
    elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield node.annotation
