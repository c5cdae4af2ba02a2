"""Folders with an index and no database: enough for all that is not the change log."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from marketplace.search.documents import Document
from marketplace.search.engine import LISTS, Engine
from marketplace.search.index import Index
from marketplace.search.indexer import Indexer
from marketplace.search.understanding import WordLists, read_lists

NO_LISTS = WordLists()


class Folder:
    """An index folder with its writer and reader."""

    def __init__(self, root: Path, lists: WordLists = NO_LISTS) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.index = Index.create(root / "build-test")
        self.indexer = Indexer(root, lists)
        self.engine = Engine(root, lists)
        self.publish()

    @staticmethod
    def ids_array(ids: Iterable[int]) -> np.ndarray:
        """Ids as the index holds them."""
        return np.array(list(ids), np.int64)

    def publish(self) -> None:
        self.indexer._publish(self.index, "build-test")

    def put(self, documents: Iterable[Document], removed: Iterable[int] = ()) -> None:
        self.index.apply(documents, removed)
        self.publish()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty published index without word lists."""
    return Folder(tmp_path / "index")


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[[str, bool], Folder]:
    """More folders; with the project's word lists if asked for."""

    def make(name: str, with_lists: bool = False) -> Folder:
        return Folder(tmp_path / name, read_lists(LISTS) if with_lists else NO_LISTS)

    return make
