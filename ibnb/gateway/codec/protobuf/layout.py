"""The language in which protobuf messages are laid out, and its compiler.

Rule: a message is written down once, as rows of text: field number, name in our message, and a kind where the message's
own type doesn't say all. ``2.3 clientId`` is field 3 of the message in field 2; ``4 details.fund.name`` is a field of a
record in ours; a name that is a record stands for all rows of its own table. A later row takes an earlier one's place.
``-`` is a number, which only a hook reads and writes.

Google's runtime makes the message classes from a descriptor built here. The names of its fields are their numbers, as
names don't travel.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, get_args, get_origin, get_type_hints

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from ..text.kinds import Lane
from ..text.layout import ID_NAMES
from ..wire import BadField
from .kinds import BY_LANE, MAP, NAMED, PLAIN, Kind

Proto = Any  # a message of Google's
Scopes = list[dict[str, Any]]

_OPTIONAL, _REPEATED = (
    descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
    descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
)
_MESSAGE = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
HOOKED = "-"
_ENTRY = "1 tag, 2 value"  # of a map of texts


@dataclass(frozen=True, slots=True)
class Hook:
    """What a table can't say of a message: a change of what is to be written, and of what has been read.

    Written are nested dicts by field (``f1``); read are the values by record, of which the empty path is the message.
    """

    write: Callable[[Any, dict[str, Any]], None]
    read: Callable[[Proto, dict[tuple[str, ...], dict[str, Any]]], None]


@dataclass(frozen=True, eq=False)
class Message:
    """A message's number, its record, the version from which on it is protobuf, and its rows.

    ``when``: fields with a message of their own that are written only if ours passes a test.
    """

    id: int
    cls: type
    since: int
    rows: str
    when: Mapping[int, Callable[[Any], bool]] = field(default_factory=dict)
    hook: Hook | None = None


def message(
    id: int,
    cls: type,
    since: int,
    rows: str = "",
    when: Mapping[int, Callable[[Any], bool]] | None = None,
    hook: Hook | None = None,
) -> Message:
    return Message(id, cls, since, rows, when or {}, hook)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field: where it stands in ours, its kind's name or its record, whether there are many."""

    names: tuple[str, ...]
    kind: str
    hint: type
    optional: bool
    many: bool
    rows: str  # of the record, if it is one


Tree = dict[int, Any]  # number → Leaf, or the Tree of a message without a record of its own


class Tables:
    """The rows of records that messages contain, by their class or by the name that other rows give them."""

    def __init__(self, records: Mapping[type | str, str]) -> None:
        self._records = records

    def tree(self, cls: type, rows: str) -> Tree:
        """The fields of a message by number."""
        tree: Tree = {}
        self._expand(tree, cls, rows, (), ())
        return tree

    def _expand(self, tree: Tree, cls: type, rows: str, numbers: tuple[int, ...], names: tuple[str, ...]) -> None:
        for row in filter(None, map(str.strip, rows.split(","))):
            number, name = row.split(" ")
            name, _, kind = name.partition(":")
            path = (*numbers, *map(int, number.split(".")))
            ours = name.split(".")
            hint, optional, many = (float, True, False) if name == HOOKED else _hint(cls, ours)
            inner = self._records.get(kind or hint, "") if is_dataclass(hint) and kind not in NAMED else ""
            if inner and not optional and not many:
                self._expand(tree, hint, inner, path, (*names, *ours))
                continue
            place = tree
            for step in path[:-1]:
                place = place.setdefault(step, {})
            if not kind and hint is int and not many and ours[-1] in ID_NAMES:
                kind = "id"
            place[path[-1]] = Leaf((*names, *ours), kind, hint, optional, many, inner)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _hint(cls: type, names: list[str]) -> tuple[Any, bool, bool]:
    """The type of a field of a record, whether it may be None and whether it is a tuple."""
    for name in names[:-1]:
        cls = _hints(cls)[name]
    hint = _hints(cls)[names[-1]]
    optional = get_origin(hint) is types.UnionType
    if optional:
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    many = get_origin(hint) is tuple
    return (get_args(hint)[0] if many else hint), optional, many


def make_class(tree: Tree, tables: Tables) -> Any:
    """The class of a message with these fields: each knows whether it was there, lists of numbers are packed."""
    file = descriptor_pb2.FileDescriptorProto(
        name="ibnb.proto", package="ibnb", syntax="editions", edition=descriptor_pb2.EDITION_2023
    )
    _describe(file.message_type.add(name="Message"), ".ibnb.Message", tree, tables)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("ibnb.Message"))


def _describe(described: Any, name: str, tree: Tree, tables: Tables) -> None:
    for number, leaf in sorted(tree.items()):
        inner, many = (leaf, False) if isinstance(leaf, dict) else (_inner(leaf, tables), leaf.many)
        kind = None if isinstance(leaf, dict) or inner is not None else kind_of(leaf, Lane(0, "UTC"))
        made = described.field.add(
            number=number,
            name=f"f{number}",
            label=_REPEATED if many or _is_map(leaf) else _OPTIONAL,
            type=_MESSAGE if kind is None else kind.type,
        )
        if inner is not None:
            made.type_name = f"{name}.T{number}"
            _describe(described.nested_type.add(name=f"T{number}"), made.type_name, inner, tables)


def _is_map(leaf: Any) -> bool:
    return isinstance(leaf, Leaf) and leaf.kind in NAMED and NAMED[leaf.kind].type == MAP


def _inner(leaf: Leaf, tables: Tables) -> Tree | None:
    """The fields of a leaf that is a message."""
    if leaf.rows:
        return tables.tree(leaf.hint, leaf.rows)
    return tables.tree(_Entry, _ENTRY) if _is_map(leaf) else None


@dataclass
class _Entry:
    tag: str
    value: str


def kind_of(leaf: Leaf, lane: Lane) -> Kind:
    if not leaf.kind:
        return PLAIN[leaf.hint, leaf.optional]
    if leaf.kind in BY_LANE:
        return BY_LANE[leaf.kind](lane)
    if f"{leaf.kind}?" in NAMED and leaf.optional:
        return NAMED[f"{leaf.kind}?"]
    return NAMED[leaf.kind]


class Record:
    """A layout compiled for one lane: from records to what makes Google's messages, and back."""

    def __init__(
        self,
        cls: type,
        rows: str,
        tables: Tables,
        lane: Lane,
        when: Mapping[int, Callable[[Any], bool]] | None = None,
        hook: Hook | None = None,
    ) -> None:
        self._cls, self._tables, self._lane, self._hook = cls, tables, lane, hook
        self._classes: dict[tuple[str, ...], type] = {(): cls}
        self._zeros: dict[tuple[str, ...], dict[str, Any]] = {(): {}}
        self._write, self._read = self._compile(tables.tree(cls, rows), when or {})
        # Innermost records first, so that each is finished when the one around it is made.
        self._inner = sorted((path for path in self._classes if path), key=len, reverse=True)

    def write(self, value: Any) -> dict[str, Any]:
        """The value's fields as Google's constructors take them."""
        made: dict[str, Any] = {}
        self._write(value, made)
        if self._hook is not None:
            self._hook.write(value, made)
        return made

    def read(self, proto: Proto) -> Any:
        """The record in a message; BadField if a field can't be read."""
        scopes = {path: dict(zeros) for path, zeros in self._zeros.items()}
        try:
            self._read(proto, scopes)
            if self._hook is not None:
                self._hook.read(proto, scopes)
        except BadField as error:
            error.id = next((value for name, value in scopes[()].items() if name in ID_NAMES), -1)
            raise
        for path in self._inner:
            scopes[path[:-1]][path[-1]] = self._classes[path](**scopes[path])
        return self._cls(**scopes[()])

    def _scope(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The path of the record that holds a field; it and those around it are known from now on."""
        cls = self._cls
        for depth, name in enumerate(names[:-1], 1):
            cls = _hints(cls)[name]
            self._classes[names[:depth]] = cls
            self._zeros.setdefault(names[:depth], {})
        return names[:-1]

    def _compile(self, tree: Tree, when: Mapping[int, Callable[[Any], bool]]) -> tuple[Any, Any]:
        writes: list[Callable[[Any, dict[str, Any]], None]] = []
        reads: dict[int, Callable[[Any, Any], None]] = {}
        plain: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = []
        for number, leaf in sorted(tree.items()):
            if isinstance(leaf, dict):
                write, reads[number] = self._compile(leaf, {})
                writes.append(_write_group(f"f{number}", write, when.get(number)))
            elif leaf.names[-1] == HOOKED:
                reads[number] = lambda value, scopes: None
            else:
                zero, read, write, bit = self._values(leaf)
                path, name = self._scope(leaf.names), leaf.names[-1]
                self._zeros[path][name] = zero
                reads[number] = _read_bit(path, name, bit) if bit else _read_leaf(path, name, read)
                plain.append((f"f{number}", attrgetter(".".join(leaf.names)), write))

        def write_all(value: Any, made: dict[str, Any]) -> None:
            for key, get, write in plain:
                written = write(get(value))
                if written is not None:
                    made[key] = written
            for step in writes:
                step(value, made)

        def read_all(proto: Proto, scopes: Any) -> None:
            for described, value in proto.ListFields():
                reads[described.number](value, scopes)

        return write_all, read_all

    def _values(self, leaf: Leaf) -> tuple[Any, Callable[[Any], Any], Callable[[Any], Any], int]:
        if leaf.rows:
            record = Record(leaf.hint, leaf.rows, self._tables, self._lane)
            if leaf.many:
                return (), lambda rows: tuple(map(record.read, rows)), lambda rows: list(map(record.write, rows)), 0
            return None, record.read, lambda value: None if value is None else record.write(value), 0
        kind = kind_of(leaf, self._lane)
        if leaf.many and kind.type != MAP:
            # Of several values none may stay away.
            plain = str if leaf.hint is str else kind.write
            return (), lambda values: tuple(map(kind.read, values)), lambda values: list(map(plain, values)), 0
        return kind.zero, kind.read, kind.write, kind.bit


def _write_group(key: str, write: Callable[..., None], test: Callable[[Any], bool] | None) -> Callable[..., None]:
    def step(value: Any, made: dict[str, Any]) -> None:
        if test is None or test(value):
            made[key] = {}
            write(value, made[key])

    return step


def _read_leaf(path: tuple[str, ...], name: str, read: Callable[[Any], Any]) -> Callable[[Any, Any], None]:
    def step(value: Any, scopes: Any) -> None:
        try:
            scopes[path][name] = read(value)
        except (ValueError, ArithmeticError):
            raise BadField(name, str(value)) from None

    return step


def _read_bit(path: tuple[str, ...], name: str, bit: int) -> Callable[[Any, Any], None]:
    def step(value: Any, scopes: Any) -> None:
        scopes[path][name] |= bit if value else 0

    return step
