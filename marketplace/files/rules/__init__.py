"""The pure rules of uploads: which kinds of files, told by what they contain, how large and how many, what a name may look like."""

from marketplace.files.rules.content import Content, Mapped
from marketplace.files.rules.kinds import ACCEPT, MAX_BYTES, MEDIA_TYPES, STATEMENT, check_upload, extension, max_bytes
from marketplace.files.rules.limits import Limits, limits
from marketplace.files.rules.names import clean_name

__all__ = [
    "ACCEPT", "MAX_BYTES", "MEDIA_TYPES", "STATEMENT", "Content", "Limits", "Mapped", "check_upload", "clean_name", "extension",
    "limits", "max_bytes",
]  # fmt: skip
