"""What remains of the name that somebody's computer gave a file."""

import re
import unicodedata
from pathlib import PurePath

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.I)  # names that Windows keeps for devices


def clean_name(filename: str) -> str:
    """The file's name without folders, control, invisible, direction and reserved characters, at most 120 characters, its ending kept.

    A name that Windows keeps for a device (`CON`, `NUL.pdf`) gets an underscore before it.
    """
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", filename)[-1])
    base = "".join(c for c in base if unicodedata.category(c)[0] != "C" and unicodedata.category(c) not in ("Zl", "Zp"))
    base = re.sub(r'[<>:"|?*]', "", base).strip(" .")
    path = PurePath(base or "file")
    name = path.stem[:110].rstrip(" .") + path.suffix[:10].lower()
    return f"_{name}" if _RESERVED.match(name) else name
