"""The language in which messages are laid out, and its compiler.

Rule: a message is written down once. The same layout reads it and writes it, at every server version; what a version
doesn't have is gated by ``since`` (first version that has it) and ``until`` (first that has it no more).
Plain fields are rows of text, as in protobuf's tables (``fields`` has the notation); what opens or repeats is an item.
Compiling for one lane (version and zone) drops what is gated and leaves flat lists of closures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from operator import attrgetter
from typing import Any, Protocol

from ..wire import FieldReader
from .kinds import KINDS, Format, Kind, Lane, Parse

NEVER = 1 << 30
ID_NAMES = {"reqId", "orderId", "tickerId"}

Scopes = list[dict[str, Any]]
Read = Callable[[FieldReader, Scopes], None]
Write = Callable[[Any, list[str]], None]
Column = Callable[[Sequence[Any]], Iterable[str]]


class Item(Protocol):
    """One element of a layout."""

    def compile(self, build: Build, path: tuple[str, ...]) -> None: ...


Part = Item | str  # of a layout: text stands for the plain fields that it names


@dataclass(frozen=True, slots=True)
class Field:
    """One value in one field."""

    name: str
    kind: Kind
    since: int = 0
    until: int = NEVER

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        if not self.since <= build.lane.version < self.until:
            return
        parse, format = self.kind.at(build.lane)
        name, scope = self.name, build.scope(path)
        build.reads.append(_read_id(name, parse) if not path and name in ID_NAMES else _read_field(scope, name, parse))
        build.write_field(".".join((*path, name)), format)


@dataclass(frozen=True, slots=True)
class Const:
    """A field that carries nothing any more: a message version, a retired feature. Read and dropped."""

    text: str
    since: int = 0
    until: int = NEVER

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        if self.since <= build.lane.version < self.until:
            build.reads.append(_skip)
            build.write_constant(self.text)


def fields(rows: str) -> Iterator[Field | Const]:
    """Plain fields, separated by commas: ``name``, ``name:kind`` where it isn't text, ``name:kind@since-until`` where
    not all versions have it; ``=1`` is a constant."""
    for row in map(str.strip, rows.split(",")):
        said, _, versions = row.partition("@")
        since, _, until = versions.partition("-")
        gate = int(since or 0), int(until or NEVER)
        name, _, kind = said.partition(":")
        yield Const(name[1:], *gate) if name.startswith("=") else Field(name, KINDS[kind or "text"], *gate)


def plain(row: str) -> Field:
    """The one field that a row names."""
    (field,) = fields(row)
    assert isinstance(field, Field), row
    return field


@dataclass(frozen=True, slots=True)
class Retired:
    """A field which only older clients send: dropped if there are at least ``fields`` left, never written."""

    fields: int

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        def read(reader: FieldReader, scopes: Scopes) -> None:
            if reader.remaining >= self.fields:
                _skip(reader, scopes)

        build.reads.append(read)


class Inside:
    """Items of a nested record. The same record may be entered several times in one layout."""

    def __init__(self, name: str, cls: type, *items: Part) -> None:
        self.name, self.cls, self.items = name, cls, items

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        inner = (*path, self.name)
        build.register(inner, self.cls)
        build.add(self.items, inner)


class When:
    """Items which are there only if ``test`` holds for a value that came before (a dotted name in this record)."""

    def __init__(self, name: str, test: Callable[[Any], bool], *items: Part, since: int = 0) -> None:
        self.name, self.test, self.items, self.since = name, test, items, since

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        if build.lane.version < self.since:
            return
        *outer, last = (*path, *self.name.split("."))
        scope, test = build.scope(tuple(outer)), self.test
        get = attrgetter(".".join((*outer, last)))
        reads, writes = build.branch(self.items, path)

        def read(reader: FieldReader, scopes: Scopes) -> None:
            if test(scopes[scope].get(last)):
                for step in reads:
                    step(reader, scopes)

        def write(message: Any, out: list[str]) -> None:
            if test(get(message)):
                for step in writes:
                    step(message, out)

        build.reads.append(read)
        build.write(write)


class Opens:
    """A text field and, if it isn't empty on the wire, the items that it opens; ``first`` come in between always."""

    def __init__(self, opener: str, *items: Part, first: str = "") -> None:
        self.opener, self.items, self.first = opener, items, first

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        opener = plain(self.opener)
        parse, format = opener.kind.at(build.lane)
        scope, name = build.scope(path), opener.name
        get = attrgetter(".".join((*path, name)))
        first_reads, first_writes = build.branch((self.first,) if self.first else (), path)
        reads, writes = build.branch(self.items, path)

        def read(reader: FieldReader, scopes: Scopes) -> None:
            opened = reader.position
            scopes[scope][name] = reader.take(name, parse)
            for step in first_reads:
                step(reader, scopes)
            if reader.fields[opened]:
                for step in reads:
                    step(reader, scopes)

        def write(message: Any, out: list[str]) -> None:
            text = format(get(message))
            out.append(text)
            for step in first_writes:
                step(message, out)
            if text:
                for step in writes:
                    step(message, out)

        build.reads.append(read)
        build.write(write)


class Maybe:
    """A record that may be missing: ``0``, or ``1`` and its items. Missing is None."""

    def __init__(self, name: str, cls: type, *items: Part) -> None:
        self.name, self.cls, self.items = name, cls, items

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        scope, name = build.scope(path), self.name
        get = attrgetter(".".join((*path, name)))
        record = compile_record(self.cls, self.items, build.lane)

        def read(reader: FieldReader, scopes: Scopes) -> None:
            present = reader.take(name, _flag)
            scopes[scope][name] = record.read(reader) if present else None

        def write(message: Any, out: list[str]) -> None:
            value = get(message)
            out.append("0" if value is None else "1")
            if value is not None:
                record.write(value, out)

        build.reads.append(read)
        build.write(write)


class Repeat:
    """A count, then that many records; a tuple in the message."""

    def __init__(self, name: str, cls: type, *items: Part, since: int = 0) -> None:
        self.name, self.cls, self.items, self.since = name, cls, items, since

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        if build.lane.version < self.since:
            return
        record = compile_record(self.cls, self.items, build.lane)
        build.repeat(path, self.name, record.read, record.write_all)


class Many:
    """A count, then that many fields of one kind; a tuple of values in the message."""

    def __init__(self, row: str) -> None:
        self.field = row

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        field = plain(self.field)
        if build.lane.version < field.since:
            return
        parse, format = field.kind.at(build.lane)
        name = field.name

        def write_all(values: Sequence[Any], out: list[str]) -> None:
            out.extend(map(format, values))

        build.repeat(path, name, lambda reader: reader.take(name, parse), write_all)


class Words:
    """One field with several values between spaces, the last of which may be missing."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def compile(self, build: Build, path: tuple[str, ...]) -> None:
        places = []
        for dotted in self.names:
            *outer, last = (*path, *dotted.split("."))
            places.append((build.scope(tuple(outer)), last))
        getters = [attrgetter(".".join((*path, dotted))) for dotted in self.names]

        def read(reader: FieldReader, scopes: Scopes) -> None:
            for (scope, name), word in zip(places, reader.take(places[0][1], str.split), strict=False):
                scopes[scope][name] = word

        def write(message: Any, out: list[str]) -> None:
            words = [get(message) for get in getters]
            empty = words.index("") if "" in words else len(words)
            out.append(" ".join(words[:empty]))

        build.reads.append(read)
        build.write(write)


@dataclass(frozen=True, eq=False)
class Message:
    """A message's number, its record and its layout; ``since`` says which versions have it at all."""

    id: int
    cls: type
    items: tuple[Part, ...]
    since: int = 0


def message(id: int, cls: type, *items: Part, since: int = 0) -> Message:
    return Message(id, cls, items, since)


@dataclass(slots=True)
class Record:
    """A layout compiled for one lane."""

    read: Callable[[FieldReader], Any]
    write: Write
    write_all: Callable[[Sequence[Any], list[str]], None]


def compile_record(cls: type, items: Iterable[Part], lane: Lane) -> Record:
    """Make the reader and the writers of ``cls`` for one lane."""
    build = Build(lane)
    build.register((), cls)
    build.add(items, ())
    reads, writes = build.finish()
    count = len(build.scopes)
    # Innermost records first, so that each is finished when the one around it is made.
    nested = [
        (index, build.scope(path[:-1]), path[-1], build.classes[path])
        for path, index in reversed(build.scopes.items())
        if path
    ]

    def read(reader: FieldReader) -> Any:
        scopes: Scopes = [{} for _ in range(count)]
        for step in reads:
            step(reader, scopes)
        for index, outer, name, inner in nested:
            scopes[outer][name] = inner(**scopes[index])
        return cls(**scopes[0])

    def write(message: Any, out: list[str]) -> None:
        for step in writes:
            step(message, out)

    columns = build.columns

    def write_all(messages: Sequence[Any], out: list[str]) -> None:
        if columns is None:
            for message in messages:
                write(message, out)
        else:
            # Column by column keeps the inner loops in C; a hundred thousand bars are an ordinary answer.
            out.extend(chain.from_iterable(zip(*[column(messages) for column in columns], strict=True)))

    return Record(read, write, write_all)


@dataclass(slots=True)
class Build:
    """A layout on its way to becoming closures."""

    lane: Lane
    scopes: dict[tuple[str, ...], int] = field(default_factory=dict)
    classes: dict[tuple[str, ...], type] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    columns: list[Column] | None = field(default_factory=list)
    _run: list[tuple[str, Format]] = field(default_factory=list)

    def register(self, path: tuple[str, ...], cls: type) -> None:
        self.scopes.setdefault(path, len(self.scopes))
        self.classes[path] = cls

    def scope(self, path: tuple[str, ...]) -> int:
        return self.scopes[path]

    def add(self, parts: Iterable[Part], path: tuple[str, ...]) -> None:
        for part in parts:
            for item in fields(part) if isinstance(part, str) else (part,):
                item.compile(self, path)

    def branch(self, items: Iterable[Part], path: tuple[str, ...]) -> tuple[list[Read], list[Write]]:
        """Compile a conditional part: its own steps, the same records."""
        inner = Build(self.lane, self.scopes, self.classes)
        inner.add(items, path)
        return inner.finish()

    def write_field(self, dotted: str, format: Format) -> None:
        self._run.append((dotted, format))
        if self.columns is not None:
            get = attrgetter(dotted)
            self.columns.append(lambda rows: map(format, map(get, rows)))

    def write_constant(self, text: str) -> None:
        self._flush()
        self.writes.append(lambda message, out: out.append(text))
        if self.columns is not None:
            self.columns.append(lambda rows: repeat(text, len(rows)))

    def write(self, step: Write) -> None:
        """Add a step that isn't one plain field; such a record can't be written by columns."""
        self._flush()
        self.writes.append(step)
        self.columns = None

    def repeat(
        self,
        path: tuple[str, ...],
        name: str,
        read_one: Callable[[FieldReader], Any],
        write_all: Callable[[Sequence[Any], list[str]], None],
    ) -> None:
        scope = self.scope(path)
        get = attrgetter(".".join((*path, name)))

        def read(reader: FieldReader, scopes: Scopes) -> None:
            count = reader.take(name, _count)
            # A count can't be trusted with memory: reading stops at the first missing field.
            scopes[scope][name] = tuple([read_one(reader) for _ in range(count)])

        def write(message: Any, out: list[str]) -> None:
            rows = get(message)
            out.append(str(len(rows)))
            write_all(rows, out)

        self.reads.append(read)
        self.write(write)

    def finish(self) -> tuple[list[Read], list[Write]]:
        self._flush()
        return self.reads, self.writes

    def _flush(self) -> None:
        if self._run:
            self.writes.append(_write_run(self._run))
            self._run = []


def _read_field(scope: int, name: str, parse: Parse) -> Read:
    def read(reader: FieldReader, scopes: Scopes) -> None:
        scopes[scope][name] = reader.take(name, parse)

    return read


def _read_id(name: str, parse: Parse) -> Read:
    def read(reader: FieldReader, scopes: Scopes) -> None:
        scopes[0][name] = reader.id = reader.take(name, parse)

    return read


def _write_run(run: list[tuple[str, Format]]) -> Write:
    names = [name for name, _ in run]
    formats = [format for _, format in run]
    if len(run) == 1:
        get_one, format = attrgetter(names[0]), formats[0]
        return lambda message, out: out.append(format(get_one(message)))
    get = attrgetter(*names)
    return lambda message, out: out.extend([format(value) for format, value in zip(formats, get(message), strict=True)])


def _skip(reader: FieldReader, scopes: Scopes) -> None:
    reader.take("version", str)


def _count(text: str) -> int:
    return _digits(text) if text else 0


def _flag(text: str) -> bool:
    return bool(_count(text))


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(text)
    return int(text)
