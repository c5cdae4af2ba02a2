"""The English catalogue says everything that the Chinese source says."""

from marketplace.translations import catalog


def test_every_text_has_its_english_with_the_same_placeholders() -> None:
    assert [(gap.message, gap.why) for gap in catalog.missing()] == []
