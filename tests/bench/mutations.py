"""Mutation operators: small faults that a test ought to notice. Pure: source text in, mutants out.

A mutant replaces one segment of the source text, so all other lines keep their numbers and layout.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

FLIPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
LOGGERS = {"log", "_log", "logger"}
SILENT = {"__repr__", "__str__"}  # for people who debug: no behaviour depends on them
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SEQUENCES = (ast.JoinedStr, ast.List, ast.Tuple)  # adding them fails for any other operator, which proves nothing


@dataclass(frozen=True)
class Mutant:
    """`lines` (1-based, inclusive) are those that run it; None at module or class level, which every import runs."""

    path: str
    line: int
    operator: str
    before: str
    after: str
    text: str
    lines: tuple[int, int] | None

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line} {self.operator}: {self.after}"


def mutants_of(path: str, source: str) -> list[Mutant]:
    """Every mutant of one file in the order of its lines; each parses, and none equals the source."""
    found: dict[str, Mutant] = {}
    for node, inside in _walk(ast.parse(source), None):
        for part, operator, new in _changes(node):
            mutant = _mutant(path, source, part, operator, new, inside)
            if mutant.text != source:
                found.setdefault(mutant.text, mutant)
    return sorted(found.values(), key=lambda mutant: mutant.line)


def _walk(node: ast.AST, inside: ast.stmt | None) -> Iterator[tuple[ast.AST, ast.stmt | None]]:
    """Each node worth changing, with the statement of a function body that it belongs to."""
    if _is_skipped(node):
        return
    yield node, inside
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.stmt):
                within = isinstance(node, FUNCTIONS) or inside is not None
                yield from _walk(child, child if within else None)
            elif isinstance(child, ast.AST):
                yield from _walk(child, inside)


def _is_skipped(node: ast.AST) -> bool:
    if isinstance(node, ast.ClassDef):
        return any("Protocol" in ast.unparse(base) for base in node.bases)
    if isinstance(node, FUNCTIONS):
        return node.name in SILENT or any("overload" in ast.unparse(mark) for mark in node.decorator_list)
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    # Python 3.11 gives wrong positions inside an f-string.
    return isinstance(node, ast.Assert | ast.Raise | ast.JoinedStr) or _is_log(node)


def _is_log(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return name in LOGGERS
        case ast.Expr(value=call):
            return _is_log(call)
    return False


def _changes(node: ast.AST) -> Iterator[tuple[ast.AST, str, str]]:
    """What to replace, the operator's name and the new text, for every operator that applies to this node."""
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                yield node, "compare", _edited(node, ops=[*ops[:at], FLIPPED[type(op)](), *ops[at + 1 :]])
        case ast.BoolOp(op=op):
            yield node, "and/or", _edited(node, op=FLIPPED[type(op)]())
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, right) if not (_is_sequence(left) or _is_sequence(right)):
            yield node, "+/-", _edited(node, op=FLIPPED[type(op)]())
        case ast.Constant(value=bool(value)):
            yield node, "constant", str(not value)
        case ast.Constant(value=int(value)):
            yield node, "constant", f"{value + 1}"
            yield node, "constant", f"{value - 1}"
        case ast.Subscript(slice=ast.Constant(value=0)):
            yield node, "index", _edited(node, slice=ast.Constant(-1))
        case ast.Subscript(slice=ast.UnaryOp(ast.USub(), ast.Constant(value=1))):
            yield node, "index", _edited(node, slice=ast.Constant(0))
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Constant):
            yield from _negations(test)
        case ast.comprehension(ifs=ifs):
            for test in ifs:
                yield from _negations(test)
    yield from _statement_changes(node)


def _statement_changes(node: ast.AST) -> Iterator[tuple[ast.AST, str, str]]:
    match node:
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield node, "return", "return None"
        case ast.Continue():
            yield node, "loop", "break"
        case ast.Break():
            yield node, "loop", "continue"
        case ast.AugAssign() | ast.Expr(value=ast.Call() | ast.Await(value=ast.Call())):
            yield node, "remove", "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield node, "remove", "pass"
        case ast.AnnAssign(target=ast.Attribute(), value=ast.expr()):
            yield node, "remove", "pass"


def _is_sequence(node: ast.expr) -> bool:
    return isinstance(node, SEQUENCES) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _edited(node: ast.AST, **fields: object) -> str:
    return f"({ast.unparse(type(node)(**{**dict(ast.iter_fields(node)), **fields}))})"


def _negations(test: ast.expr) -> Iterator[tuple[ast.AST, str, str]]:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield test, "negate", f"({ast.unparse(operand)})"
        case ast.Compare(ops=[ast.Eq() | ast.NotEq() | ast.In() | ast.NotIn() | ast.Is() | ast.IsNot()]):
            pass  # flipping the comparison is the same
        case _:
            yield test, "negate", f"(not ({ast.unparse(test)}))"


def _mutant(path: str, source: str, node: ast.AST, operator: str, new: str, inside: ast.stmt | None) -> Mutant:
    assert isinstance(node, ast.expr | ast.stmt) and node.end_lineno and node.end_col_offset is not None
    lines = source.encode().splitlines(keepends=True)  # the tree counts columns in bytes
    first, last = node.lineno - 1, node.end_lineno - 1
    start = lines[first][: node.col_offset].decode()
    end = lines[last][node.end_col_offset :].decode()
    text = b"".join(lines[:first]).decode() + start + new + end + b"".join(lines[last + 1 :]).decode()
    before = " ".join(line.decode().strip() for line in lines[first : last + 1])
    after = (start + new + end).strip()
    return Mutant(path, node.lineno, operator, before, after, text, _lines(node, inside))


def _lines(node: ast.expr | ast.stmt, inside: ast.stmt | None) -> tuple[int, int] | None:
    """A simple statement runs as a whole; of a compound one only the changed part is sure to run."""
    if inside is None:
        return None
    whole = node if hasattr(inside, "body") else inside
    return whole.lineno, whole.end_lineno or whole.lineno
