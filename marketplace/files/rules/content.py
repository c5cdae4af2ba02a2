"""What the checks look at: the bytes of an upload, mapped from its temporary file so that they are never all in memory."""

import io
import mmap
from typing import IO, cast

from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy


class Mapped(mmap.mmap):
    """A mapped file that zipfile takes for an open one."""

    def seekable(self) -> bool:
        return True


Content = bytes | Mapped


def as_stream(content: Content) -> IO[bytes]:
    """The content as an open file at its beginning."""
    if isinstance(content, bytes):
        return io.BytesIO(content)
    content.seek(0)
    return cast(IO[bytes], content)


def damaged() -> Invalid:
    """The refusal of what does not hold together: cut off, or never what its beginning says."""
    return Invalid("file.damaged", lazy("文件已损坏或不完整，请重新导出或扫描后再上传"), field="file")


def active() -> Invalid:
    """The refusal of what could act when somebody opens it."""
    message = lazy("文件含有宏、脚本、附件或可执行内容，为安全起见不予接收；请另存为不含这些内容的文件")
    return Invalid("file.active", message, field="file")


def two_in_one() -> Invalid:
    """The refusal of a file that is a second file as well (polyglot)."""
    return Invalid("file.polyglot", lazy("文件中夹带了其他内容，请重新导出或扫描后再上传"), field="file")
