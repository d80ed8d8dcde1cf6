"""Migrations: the code of before runs on the new schema while it is being replaced, so `upgrade` may only add.

What takes something away belongs into a later release, when no running code needs it any more; its docstring then says
`Contract:` and what nobody needs since when.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

Revisions = Mapping[str, str]
"""Source by `<service>/<file>`."""

_TAKES_AWAY = {"drop_table", "drop_column", "rename_table"}
_TAKES_AWAY_IN_SQL = re.compile(
    r"\b(DROP\s+(?:TABLE|COLUMN)|RENAME\s+(?:TO|COLUMN)|SET\s+NOT\s+NULL)\b[^;]{0,60}", re.IGNORECASE
)


def revision_breaks(old: Revisions, new: Revisions) -> Iterator[str]:
    """A sentence for each revision that was changed after its release, and each new one that takes something away."""
    for name, source in old.items():
        if name not in new:
            yield f"migration {name}: removed revision"
        elif ast.dump(ast.parse(source)) != ast.dump(ast.parse(new[name])):
            yield f"migration {name}: a revision that was there is not changed but followed by another"
    for name in sorted(new.keys() - old.keys()):
        tree = ast.parse(new[name])
        if "Contract:" not in (ast.get_docstring(tree) or ""):
            for found in _taken_away(tree):
                yield f"migration {name}: {found}"


def _taken_away(tree: ast.Module) -> Iterator[str]:
    constants = _constants(tree)
    for function in tree.body:
        if not (isinstance(function, ast.FunctionDef) and function.name == "upgrade"):
            continue
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            name, options = call.func.attr, {word.arg: word.value for word in call.keywords}
            what = ", ".join(str(value.value) for value in call.args if isinstance(value, ast.Constant))
            if name in _TAKES_AWAY:
                yield f"{name} {what} while the code of before still needs it"
            elif name == "alter_column" and "new_column_name" in options:
                yield f"alter_column {what} gives it another name"
            elif name == "alter_column" and _is(options.get("nullable"), False) and "server_default" not in options:
                yield f"alter_column {what} makes it NOT NULL, which the code of before may not fill"
            elif name == "add_column":
                yield from _unfilled(call)
            elif name == "execute":
                for found in _TAKES_AWAY_IN_SQL.finditer(_sql(call, constants)):
                    yield f"execute {' '.join(found[0].split())} while the code of before still needs it"


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """What the revision's own names stand for: statements of some length have one."""
    return {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _sql(call: ast.Call, constants: Mapping[str, ast.expr]) -> str:
    """The text of a statement, as far as it stands in the revision."""
    nodes = [node for argument in call.args for node in ast.walk(argument)]
    nodes += [node for name in nodes if isinstance(name, ast.Name) for node in ast.walk(constants.get(name.id, name))]
    return " ".join(str(node.value) for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _unfilled(call: ast.Call) -> Iterator[str]:
    for column in call.args:
        if isinstance(column, ast.Call):
            options = {word.arg: word.value for word in column.keywords}
            if _is(options.get("nullable"), False) and "server_default" not in options:
                name = next((str(arg.value) for arg in column.args if isinstance(arg, ast.Constant)), "?")
                yield f"add_column {name} is NOT NULL without a server default: the code of before can't insert"


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
