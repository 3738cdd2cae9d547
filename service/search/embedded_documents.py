"""A `service.search.Document` in tantivy's own terms, and the schema of what it holds."""

import tantivy
from tantivy import SchemaBuilder

from service.search import FACETS, Document, chinese, pinyin

TOKENIZER = "spaces"
"""What reads the tokens, which come joined by spaces."""
_GAP = f" {chinese.SEPARATOR} "


def layout() -> tantivy.Schema:
    """The fields of an index. Who changes them, or what is put in them, counts `embedded.SCHEMA_VERSION` up."""
    builder = SchemaBuilder()
    for name in ("all", "title", "head"):
        for field in (name, f"{name}_singles"):
            builder.add_text_field(field, tokenizer_name=TOKENIZER)
    builder.add_text_field("pinyin", tokenizer_name=TOKENIZER, index_option="basic")
    builder.add_text_field("id", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("readers", tokenizer_name="raw", index_option="basic")
    for name in FACETS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title_order", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("updated_at", fast=True)
    builder.add_integer_field("revision", stored=True)
    return builder.build()


def document_of(source: Document) -> tantivy.Document:
    """A resource as the index holds it."""
    title, head, rest = [
        [chinese.tokens(text) for text in texts]
        for texts in (
            (source.title,),
            (source.summary, *source.tags, *source.credits),
            (source.content, *source.texts),
        )
    ]
    made = tantivy.Document()
    for name, tokens in (("title", title), ("head", head), ("all", [*title, *head, *rest])):
        made.add_text(name, _GAP.join(pairs for pairs, _alone in tokens))
        made.add_text(f"{name}_singles", _GAP.join(alone for _pairs, alone in tokens))
    made.add_text("pinyin", pinyin.sounds(source.title, *source.tags))
    made.add_text("id", source.id)
    for reader in source.readers:
        made.add_text("readers", reader)
    for name, values in source.facets.items():
        for value in values:
            made.add_text(name, value)
    made.add_text("title_order", source.title_order)
    made.add_integer("updated_at", source.updated_at)
    made.add_integer("revision", source.revision)
    return made
