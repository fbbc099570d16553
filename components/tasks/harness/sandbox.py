"""Jinja templates of strangers: no attribute that leads out, no work and no text beyond a bound.

A page may come from anywhere. What it can multiply (text, lists, loops, padding) is counted before it is done, so a
template that would write 10^9 characters is refused in milliseconds. A regular
expression has a bound on its time.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from types import GeneratorType
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateRuntimeError, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Undefined, str_join
from jinja2.sandbox import ImmutableSandboxedEnvironment

from components.base.errors import DataError
from components.text.patterns import substitute

LONGEST_TEMPLATE = 100_000
MOST_WORK = 20_000_000
"""Characters that one rendering may make and read, and steps of its loops, each as long as its template."""
MOST_COUNT = 100_000
"""The widest padding, and the longest list that a filter may be told to make."""
MOST_BITS = 256
"""Of an integer."""
PADDING = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs"})
COUNTED = frozenset({"center", "indent", "wordwrap", "truncate", "batch", "slice", "round", "tojson", "filesizeformat"})
"""Filters whose integers say how much is made."""
REFUSED_METHODS = frozenset({"translate", "maketrans", "to_bytes", "format_map", "encode"})
_WIDE = re.compile(r"\d{6,}|\*")
_ONE_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class TooMuchError(TemplateRuntimeError):
    """A template asks for more work, or a longer text, than any prompt has."""

    def __init__(self) -> None:
        super().__init__(f"it makes too much: at most {MOST_WORK:,} characters are made or read in one rendering")


class _Generator(CodeGenerator):
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """`a ~ b` by way of the environment, which counts it."""
        self.write("environment.join_counted((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox that counts; rendering is for one thread at a time."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "-", "*", "**", "%", "/", "//"})

    def __init__(self) -> None:
        # Unoptimised: what is folded at compile time is folded uncounted.
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, optimized=False, finalize=_count_output)
        self.work, self.step = 0, 1
        self.globals.pop("lipsum")
        self.filters.pop("random")  # a prompt that differs from run to run
        self.filters["regex_replace"] = _replace_by_regex
        self.filters = {name: self._guard_filter(name, function) for name, function in self.filters.items()}

    def begin(self, template: str) -> None:
        """Forget what was counted; a step costs as much as the template is long."""
        self.work, self.step = 0, 100 + len(template)

    def spend(self, amount: int) -> None:
        """Count work, and refuse what exceeds the bound."""
        self.work += amount
        if self.work > MOST_WORK:
            raise TooMuchError

    def tick(self) -> bool:
        """One step of a loop, or one call of a macro."""
        self.spend(self.step)
        return True

    def measure(self, value: Any) -> None:
        """Count what a value is when it is written out, shared parts each time."""
        match value:
            case str() | bytes():
                self.spend(len(value) + 1)
            case Mapping():
                self.spend(1)
                for key, item in value.items():
                    self.measure(key)
                    self.measure(item)
            case list() | tuple() | set() | frozenset():
                self.spend(1)
                for item in value:
                    self.measure(item)
            case _:
                self.spend(1)

    def join_counted(self, parts: tuple[Any, ...]) -> str:
        """Texts side by side."""
        for part in parts:
            if not isinstance(part, Undefined):
                self.measure(part)
        return str_join(parts)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An arithmetic operator, its result measured before it is made."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if not numbers:
            self._measure_product(operator, left, right)
        elif isinstance(left, int) and isinstance(right, int) and operator in ("*", "**"):
            bits = left.bit_length() * abs(right) if operator == "**" else left.bit_length() + right.bit_length()
            if bits > MOST_BITS:
                raise TooMuchError
        return super().call_binop(context, operator, left, right)

    def _measure_product(self, operator: str, left: Any, right: Any) -> None:
        if operator == "*" and isinstance(left, int) != isinstance(right, int):
            times, thing = (left, right) if isinstance(left, int) else (right, left)
            before = self.work
            self.measure(thing)
            self.spend((self.work - before) * max(0, times))
        elif operator == "%" and isinstance(left, str) and _WIDE.search(left):
            raise TooMuchError
        else:
            self.measure(left)
            self.measure(right)

    # The sandbox's own names for the first parameters, which no keyword of a template can meet.
    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a method or function of a template, what it would make measured first."""
        method = getattr(__obj, "__wrapped__", __obj)  # the sandbox's own stand-in for str.format
        owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
        if name in REFUSED_METHODS:
            raise TemplateRuntimeError(f"the method {name!r} is not for templates")
        if isinstance(owner, str | bytes):
            args = tuple(__self._check(name, argument) for argument in args)
            __self._measure_text(name, owner, args)
        return super().call(__context, __obj, *args, **kwargs)

    def _check(self, name: str, argument: Any) -> Any:
        """An argument that is no longer lazy, measured."""
        if isinstance(argument, int) and name in PADDING | COUNTED and abs(argument) > MOST_COUNT:
            raise TooMuchError
        if isinstance(argument, GeneratorType):
            argument = list(argument)
        if not isinstance(argument, Undefined):
            self.measure(argument)
        return argument

    def _measure_text(self, name: str, text: str | bytes, args: tuple[Any, ...]) -> None:
        self.measure(text)
        if name == "replace" and len(args) > 1 and isinstance(text, str) and all(isinstance(a, str) for a in args[:2]):
            self.spend(text.count(args[0]) * len(args[1]))
        elif name == "join" and args and isinstance(args[0], list | tuple):
            self.spend(len(text) * len(args[0]))
        elif name == "format" and isinstance(text, str) and _WIDE.search(text):
            raise TooMuchError

    def _guard_filter(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same filter over measured arguments."""
        first = 1 if hasattr(function, "jinja_pass_arg") else 0

        @wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            own = tuple(self._check(name, argument) for argument in args[first:])
            for argument in kwargs.values():
                self._check(name, argument)
            if own and isinstance(own[0], str):
                self._measure_text("format" if name == "format" else name, own[0], own[1:])
            elif name == "join" and own and isinstance(own[0], list | tuple):
                separator = own[1] if len(own) > 1 else kwargs.get("d", "")
                self.spend(len(str(separator)) * len(own[0]))
            return function(*args[:first], *own, **kwargs)

        return guarded

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        """Put a step into every loop and macro before code is made of the template."""
        found: tuple[type[nodes.For], ...] = (nodes.For, nodes.Macro, nodes.CallBlock)  # type: ignore[assignment]
        for node in list(source.find_all(found)):
            # Written as it stands behind `environment.`: a call through the sandbox would take twenty times as long.
            step = nodes.EnvironmentAttribute("tick()", lineno=node.lineno)
            node.body.insert(0, nodes.ExprStmt(step, lineno=node.lineno))
            if isinstance(node, nodes.For) and node.test is not None:
                node.test = nodes.And(step, node.test, lineno=node.lineno)
        source.set_environment(self)
        return super()._generate(source, *args, **kwargs)


@pass_context
def _count_output(context: Context, value: Any) -> Any:
    """What `{{ }}` writes; counted here, so that blocks that catch their text are counted, too."""
    environment = context.environment
    assert isinstance(environment, BoundedEnvironment)
    if not isinstance(value, Undefined):
        environment.measure(value)
    return value


def _replace_by_regex(text: str, pattern: str, new: str, count: int = 0) -> str:
    """lm-eval's filter for `re.sub`."""
    if (len(text) + 1) * len(new) > MOST_WORK:
        raise TooMuchError
    return substitute(pattern, new, text, count)


_ENVIRONMENT = BoundedEnvironment()


def render(template: str, fields: Mapping[str, Any], where: str) -> str:
    """Fill a template with a row as lm-eval does; raises DataError that says where it failed and why."""
    if "{" not in template and "\r" not in template and len(template) <= LONGEST_TEMPLATE:
        return template
    if (only := _ONE_FIELD.fullmatch(template)) and isinstance(found := fields.get(only[1]), str):
        return found  # the commonest template, which Jinja takes a hundred times as long over
    if len(template) > LONGEST_TEMPLATE:
        raise DataError(f"{where}: the template has {len(template):,} characters, at most {LONGEST_TEMPLATE:,}")
    _ENVIRONMENT.begin(template)
    try:
        return "".join(_compile(template).generate(fields))
    except TemplateError as error:
        raise DataError(f"{where}: template {_show(template)}: {error.message or type(error).__name__}") from None
    except RecursionError:
        raise DataError(f"{where}: template {_show(template)}: it goes too deep") from None
    except Exception as error:  # a filter may raise anything over a row of another kind
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{where}: template {_show(template)} does not fit the row ({reason})") from None


def _show(template: str) -> str:
    return repr(template if len(template) <= 60 else template[:60] + "…")


@lru_cache(maxsize=512)
def _compile(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)
