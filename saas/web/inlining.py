"""Compiles calls of components in place: `{{ ui.chip(…) }}` becomes the body of that macro, with its arguments set.

A page calls hundreds of components, and the call of a macro costs Jinja more than what most of them write. Templates stay as they are.
A call that cannot be compiled in place, such as one with a `{% call %}` body, stays a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from jinja2 import Environment, TemplateNotFound, nodes
from jinja2.visitor import NodeTransformer

NAMESPACE = "ui"
FOLDER = "components"
# Names of the environment under which no variable of a page can hide them.
ALIAS = "global_"
DEEPEST = 6
_UNFIT = (nodes.Macro, nodes.Block, nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)

AnyNode = TypeVar("AnyNode", bound=nodes.Node)


class InliningEnvironment(Environment):
    """An environment whose templates are compiled with their components in place. It does not notice when a component changes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._files: dict[str, _File | None] = {}

    def seal(self) -> None:
        """Give the globals names of their own for what is compiled in place; call it when all are there."""
        self.globals.update({ALIAS + name: value for name, value in self.globals.items()})

    def file(self, name: str) -> _File | None:
        """Read a template's macros; None where there is no such template."""
        if name not in self._files:
            try:
                source = self.loader.get_source(self, name)[0] if self.loader else ""
                self._files[name] = _File(name, self.parse(source))
            except TemplateNotFound:
                self._files[name] = None
        return self._files[name]

    def _generate(self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False) -> str:
        file = self.file(name) if name else None
        inlined = _Inliner(self, file).visit(source) if file else source
        return super()._generate(inlined, name, filename, defer_init)


class _File:
    """A parsed template: the macros it defines and those it imports, by the name they are called by."""

    def __init__(self, name: str, tree: nodes.Template) -> None:
        self.name = name
        self.macros = {node.name: node for node in tree.body if isinstance(node, nodes.Macro)}
        self.imported: dict[str, tuple[str, str]] = {}
        for found in tree.find_all(nodes.FromImport):
            if isinstance(found.template, nodes.Const) and not found.with_context:
                pairs = (entry if isinstance(entry, tuple) else (entry, entry) for entry in found.names)
                self.imported.update({alias: (str(found.template.value), macro) for macro, alias in pairs})
        self.variables = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}


@dataclass(frozen=True)
class _Component:
    """A macro and where it stands."""

    file: _File
    macro: nodes.Macro

    @property
    def place(self) -> str:
        return f"{self.file.name}:{self.macro.name}"


class _Inliner(NodeTransformer):
    """Rewrites one template, or the body of a component that goes into one; `inside` names the components around it."""

    def __init__(self, environment: InliningEnvironment, file: _File, inside: tuple[str, ...] = ()) -> None:
        self._environment = environment
        self._file = file
        self._inside = inside

    def visit_Output(self, node: nodes.Output) -> list[nodes.Node]:
        """Take the calls out of one piece of output; what is around them stays output."""
        made: list[nodes.Node] = []
        for part in node.nodes:
            inlined = self._inlined(part)
            if inlined is not None:
                made.append(inlined)
            elif made and isinstance(made[-1], nodes.Output):
                made[-1].nodes.append(part)
            else:
                made.append(nodes.Output([part], lineno=part.lineno, environment=node.environment))
        return made

    def _inlined(self, call: nodes.Expr) -> nodes.With | None:
        component = self._component(call) if isinstance(call, nodes.Call) else None
        if component is None or component.place in self._inside or len(self._inside) >= DEEPEST:
            return None
        assert isinstance(call, nodes.Call)
        arguments = _arguments(component.macro, call)
        body = _Body(component, [name for name, _value in arguments or ()], self._environment)
        if arguments is None or not body.point_to_environment():
            return None
        inner = _Inliner(self._environment, component.file, (*self._inside, component.place))
        body.statements = _flat(inner.visit(statement) for statement in body.statements)
        if not body.is_whole():
            return None
        targets = [nodes.Name(name, "param") for name, _value in arguments]
        made = nodes.With(targets, [value for _name, value in arguments], body.statements)
        made.set_environment(self._environment)
        made.set_lineno(call.lineno, override=True)
        return made

    def _component(self, call: nodes.Call) -> _Component | None:
        called = call.node
        if call.dyn_args is not None or call.dyn_kwargs is not None:
            return None
        if isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Name) and called.node.name == NAMESPACE:
            return self._find(f"{FOLDER}/{called.attr}.html", called.attr)
        if isinstance(called, nodes.Name) and called.name not in self._file.variables:
            if called.name in self._file.imported:
                return self._find(*self._file.imported[called.name])
            return self._find(self._file.name, called.name)
        return None

    def _find(self, file_name: str, macro: str) -> _Component | None:
        file = self._environment.file(file_name)
        return _Component(file, file.macros[macro]) if file and macro in file.macros else None


class _Body:
    """A copy of what a component writes, on its way into another template."""

    def __init__(self, component: _Component, arguments: Iterable[str], environment: Environment) -> None:
        self.statements = [_clone(statement) for statement in component.macro.body]
        self._macros = {*component.file.macros, *component.file.imported}
        self._environment = environment
        stored = {node.name for node in self._names() if node.ctx != "load"}
        self._bound = {*arguments, *stored, "loop"}

    def point_to_environment(self) -> bool:
        """Give all names that are neither its own nor components the environment's; False when it needs others, or may not be moved."""
        if any(True for _node in nodes.Scope(self.statements).find_all(_UNFIT)):
            return False
        for node in self._names():
            if node.name not in self._bound and node.name not in self._macros and node.name != NAMESPACE:
                node.name = ALIAS + node.name
                if node.name not in self._environment.globals:
                    return False
        return True

    def is_whole(self) -> bool:
        """Tell, when components have gone into it, whether those that remain calls can be reached from anywhere."""
        for node in self._names():
            if node.name == NAMESPACE:
                node.name = ALIAS + NAMESPACE
        return not any(node.name in self._macros - self._bound for node in self._names())

    def _names(self) -> list[nodes.Name]:
        return list(nodes.Scope(self.statements).find_all(nodes.Name))


def _arguments(macro: nodes.Macro, call: nodes.Call) -> list[tuple[str, nodes.Expr]] | None:
    """Match what is given with what the macro takes; None where only a real call can tell."""
    names = [argument.name for argument in macro.args]
    defaults = dict(zip(names[len(names) - len(macro.defaults) :], macro.defaults, strict=True))
    given: dict[str, nodes.Expr] = dict(zip(names, call.args, strict=False))
    more: list[nodes.Pair] = []
    for keyword in call.kwargs:
        if keyword.key in names:
            given[keyword.key] = keyword.value
        else:
            more.append(nodes.Pair(nodes.Const(keyword.key), keyword.value))
    has_rest = any(node.name == "kwargs" for node in macro.find_all(nodes.Name))
    is_known = all(name in given or name in defaults for name in names) and (has_rest or not more)
    if len(call.args) > len(names) or not is_known or any(_names(default) for default in defaults.values()):
        return None
    found = [(name, given.get(name) or _clone(defaults[name])) for name in names]
    return [*found, ("kwargs", nodes.Dict(more))] if has_rest else found


def _names(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) or any(True for _name in node.find_all(nodes.Name))


def _flat(visited: Iterable[Any]) -> list[nodes.Node]:
    """Put together what a visitor gives for each node: a node, several, or none."""

    def each() -> Iterator[nodes.Node]:
        for found in visited:
            if isinstance(found, list):
                yield from found
            elif found is not None:
                yield found

    return list(each())


def _clone(node: AnyNode) -> AnyNode:
    """Copy a tree, but for the environment it belongs to."""
    values = [_clone_value(getattr(node, name)) for name in node.fields]
    return type(node)(*values, **{name: getattr(node, name) for name in node.attributes})


def _clone_value(value: Any) -> Any:
    if isinstance(value, nodes.Node):
        return _clone(value)
    return [_clone_value(each) for each in value] if isinstance(value, list) else value
