"""What whoosh is told about a document, and how its files are opened."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from whoosh import fields, formats
from whoosh.columns import NumericColumn
from whoosh.filedb.filestore import FileStorage

from marketplace.search import tokens
from marketplace.search.documents import Document

TITLE_WEIGHT = 3

_SEPARATOR = "\x1f"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class IndexUnusable(Exception):
    """The folder holds no whoosh index that this version can read; it must be rebuilt."""


class BadDocument(ValueError):
    """A document breaks the naming rules; the one who builds it must be corrected, a rebuild would not help."""


class Storage(FileStorage):  # type: ignore[misc]
    """Whoosh's file storage that knows what it opened, since whoosh leaves damaged files open."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.opened: list[Any] = []

    def open_file(self, name: str, **kwargs: Any) -> Any:
        file = super().open_file(name, **kwargs)
        self.opened.append(file)
        return file

    def close_opened(self) -> None:
        """Close what is still open."""
        for file in self.opened:
            if not file.is_closed:
                file.close()
        self.opened.clear()


class TokensField(fields.FieldType):  # type: ignore[misc]
    """A scored field fed with a mapping from token to weight; its length counts the weights."""

    analyzer = None
    scorable = True
    stored = False

    def __init__(self) -> None:
        self.format = formats.Existence()

    def index(self, value: Any, **_kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        for token, weight in value.items():
            yield token.encode(), weight, float(weight), b""


class KeysField(fields.FieldType):  # type: ignore[misc]
    """An unscored field fed with a list of keys."""

    analyzer = None
    scorable = False
    stored = False

    def __init__(self, unique: bool = False) -> None:
        self.format = formats.Existence()
        self.unique = unique

    def index(self, value: Any, **_kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        for key in dict.fromkeys(value):
            yield key.encode(), 1, 1.0, b""


def make_schema() -> Any:
    """The schema of a new index; columns of numbers join it when they are first met."""
    return fields.Schema(
        key=KeysField(unique=True),
        text=TokensField(),
        facet=KeysField(),
        suggest=KeysField(),
        id=fields.COLUMN(NumericColumn("q", default=0)),
        digest=fields.COLUMN(NumericColumn("q", default=0)),
    )


def add_columns(schema: Any, document: Document) -> None:
    """Let the schema know a document's numbers. Straight to the schema: the writer refuses new fields after its first document, but
    columns open when first used."""
    for name in document.numbers:
        if f"n_{name}" not in schema:
            if not _NAME.fullmatch(name):
                raise BadDocument(f"not a name for a number: {name!r}")
            schema.add(f"n_{name}", fields.COLUMN(NumericColumn("d", default=float("nan"))))


def text_weights(document: Document) -> Counter[str]:
    """Tokens of a document with their weights: the title's count three times."""
    weights: Counter[str] = Counter()
    for token in tokens.document_tokens(document.title):
        weights[token] += TITLE_WEIGHT
    weights.update(tokens.document_tokens(document.text))
    weights.update(tokens.document_tokens(document.extra))
    return weights


def fields_of(document: Document) -> dict[str, Any]:
    """A document as whoosh takes it; BadDocument for a facet with a name against the rules."""
    keys: list[str] = []
    for name, values in document.keywords.items():
        if not _NAME.fullmatch(name):
            raise BadDocument(f"not a name for a facet: {name!r}")
        keys.extend(f"{name}{_SEPARATOR}{value}" for value in values)
    indexed: dict[str, Any] = {
        "key": [str(document.id)],
        "id": document.id,
        "digest": document.digest,
        "text": text_weights(document),
        "facet": keys,
        "suggest": [_SEPARATOR.join((one.kind, one.ref, one.text)) for one in document.suggestions if one.text],
    }
    for name, number in document.numbers.items():
        indexed[f"n_{name}"] = float(number)
    return indexed
