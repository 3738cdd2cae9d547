"""The log: one line per event on standard error, JSON where a program reads it, in colours where a person does.

What other packages say (uvicorn, botocore, Alembic) is written in the same form.
"""

import json
import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

_EVERY: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
]


def configure(level: str, *, least: str = "debug", to: TextIO | None = None) -> None:
    """Write what is of this level or graver (and at least `least`) to a stream: standard error, if none is given.

    A traceback is written without the values of its variables: they are people's passwords and drafts, and writing them
    out takes half a minute.
    """
    stream = to or sys.stderr
    number = max(LEVELS.get(level, 20), LEVELS[least])
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if stream.isatty()
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_written)]
    )
    structlog.configure(
        processors=[*_EVERY, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.addFilter(_not_told)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            foreign_pre_chain=_EVERY,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.WARNING))


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=repr)


def _written(event: Any, **_options: Any) -> str:
    """As `json.dumps`, which would make an encoder for each line."""
    return _ENCODER.encode(event)


def _not_told(record: logging.LogRecord) -> bool:
    """Not what `service.traffic` has written already: uvicorn says it again."""
    return not record.getMessage().startswith("Exception in ASGI application")


def about(**values: Any) -> Any:
    """A block whose lines all carry these values."""
    return structlog.contextvars.bound_contextvars(**values)
