"""`tongke import`: resources from an NDJSON file or a folder of documents, in batches, repeatable without doubling."""

from service.library.importing.run import Report, run

__all__ = ["Report", "run"]
