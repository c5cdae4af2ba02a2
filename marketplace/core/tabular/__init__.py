"""Tables that people bring and take away: CSV (UTF-8 with or without BOM, GB18030) and XLSX, with Chinese or English headers.

A file is read whole or refused whole: every error names its row (the file's own numbering, the header is row 1) and its column.
What `write_table` writes, `read_table` reads back without loss, formula guards included.
"""

from marketplace.core.tabular.cells import format_cell, parse_cell
from marketplace.core.tabular.columns import BadTable, CellError, Column, Row
from marketplace.core.tabular.reading import read_table
from marketplace.core.tabular.writing import FORMATS, MEDIA_TYPES, table_bytes, write_table

__all__ = [
    "FORMATS", "MEDIA_TYPES", "BadTable", "CellError", "Column", "Row", "format_cell", "parse_cell", "read_table", "table_bytes",
    "write_table",
]  # fmt: skip
