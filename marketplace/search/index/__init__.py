"""The whoosh index of one build folder, and its export as segment files. The only package that imports whoosh.

Rules behind it, each measured: non-compound segments; no positions (a phrase is the AND of its pairs); an own merge policy, so that
a commit never pays for other segments; any exception cancels the writer; the folder is private, since whoosh stores pickles.
"""

from marketplace.search.index.schema import BadDocument, IndexUnusable
from marketplace.search.index.writing import ExportedSegment, Index, choose_merges

__all__ = ["BadDocument", "ExportedSegment", "Index", "IndexUnusable", "choose_merges"]
