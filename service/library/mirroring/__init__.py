"""A school's copy of what its teachers may read: kept by `tongke mirror`, shown by `tongke serve --mirror`.

`keeping` writes what the feed tells into the tables of a library, so that pages and search are the same; `wanted` says
which bytes are brought next; `showing` says who reads, and when the copy was last in step.
"""
