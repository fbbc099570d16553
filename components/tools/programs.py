"""Programs that a model writes to reckon with: checked against a list of what is allowed, then run in a process apart.

Two walls. What is not arithmetic on names and numbers (attributes, texts, lists, functions, imports, loops without
end) is refused before anything runs; what passes runs in a process of its own, without built-ins, under limits of the
kernel (`program_process.py`). As in PAL (Gao et al. 2022, arXiv 2211.10435) and PoT (Chen et al. 2022, arXiv
2211.12588), the answer is what the program makes, not what the model says.
"""

import ast
import warnings
from collections.abc import Iterator

from components.tools.program_runner import run_apart

LONGEST_CHARS = 4000
MOST_NODES = 1000
DEEPEST = 30
"""Levels of the syntax tree."""
LARGEST = 10**15
"""Of a number that is written."""
LARGEST_POWER = 10
"""Of an exponent, which must be written as a number."""
LONGEST_LOOP = 10_000
"""Of rounds where they are written as a number; where they are not, the process counts."""
FUNCTIONS = frozenset({"abs", "int", "max", "min", "round"})
"""What a program may call; `range` stands behind `for ... in` alone, and `print` on a line of its own."""
TAKEN = FUNCTIONS | {"range", "print"}
ANSWER = "answer"
_PLAIN = (
    ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.For, ast.If, ast.IfExp, ast.Pass, ast.Name, ast.Constant,
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Load, ast.Store,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.UAdd, ast.USub, ast.Not, ast.And, ast.Or,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
)  # fmt: skip


def cut_program(text: str) -> str:
    """The program that an answer holds: what stands between the first fences, and ends with its `answer = ...`."""
    _, fence, fenced = text.partition("```")
    program = fenced.partition("\n")[2].partition("```")[0] if fence else text
    kept: list[str] = []
    for line in program.strip().splitlines():
        kept.append(line)
        if line.startswith(f"{ANSWER} ="):
            break
    return "\n".join(kept)


def run_program(program: str) -> str | None:
    """The number that a program leaves in `answer`, or prints last; None where it is refused, fails, or takes too long.

    Whole numbers are written as such, others with at most six decimals.
    """
    return run_apart(program) if is_allowed(program) else None


def is_allowed(program: str) -> bool:
    """Whether a program is arithmetic on names and numbers alone. Nothing of it is run."""
    if len(program) > LONGEST_CHARS:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    nodes = list(_list_nodes(tree))
    return len(nodes) <= MOST_NODES and all(depth <= DEEPEST and _is_plain(node) for node, depth in nodes)


def _list_nodes(tree: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    """Every node with its depth, without recursion; calls of `range` and `print` stand for what they are given."""
    left = [(tree, 0)]
    while left:
        node, depth = left.pop()
        yield node, depth
        children = ast.iter_child_nodes(node)
        match node:
            case ast.For(target=target, iter=ast.Call(args=args), body=body):
                children = iter([target, *args, *body])
            case ast.Expr(value=ast.Call(args=args)):
                children = iter(args)
        left += [(child, depth + 1) for child in children]


def _is_plain(node: ast.AST) -> bool:  # noqa: PLR0911
    """Whether a node, its children aside, is allowed."""
    if not isinstance(node, _PLAIN):
        return False
    match node:
        case ast.Constant(value=value):
            return isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= LARGEST)
        case ast.Name(id=name, ctx=ast.Store()):
            return not name.startswith("_") and name not in TAKEN
        case ast.Name(id=name):
            return not name.startswith("_")
        case ast.Assign(targets=targets):
            return all(isinstance(target, ast.Name) for target in targets)
        case ast.BinOp(op=ast.Pow(), right=right) | ast.AugAssign(op=ast.Pow(), value=right):
            return _is_number(right, LARGEST_POWER)
        case ast.For(target=target, iter=rounds, orelse=orelse):
            return isinstance(target, ast.Name) and not orelse and _is_range(rounds)
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=[_], keywords=[])):
            return True
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            return name in FUNCTIONS
        case ast.Expr() | ast.Call():
            return False
    return True


def _is_range(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=args, keywords=[]):
            return all(not isinstance(arg, ast.Constant) or _is_number(arg, LONGEST_LOOP) for arg in args)
    return False


def _is_number(node: ast.expr, most: int) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and abs(node.value) <= most
