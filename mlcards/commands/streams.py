"""Write to the terminal, a file or a pipe, whatever becomes of it meanwhile."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO


class _Stream(io.RawIOBase):
    """A standard stream that swallows what cannot be written, and remembers why."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream  # else it would be closed with its last reference
        self.inner = getattr(stream.buffer, "raw", stream.buffer)
        self.lost: OSError | None = None
        self.open = True

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self.inner.isatty())

    def fileno(self) -> int:
        return int(self.inner.fileno())

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.open:
            try:
                return int(self.inner.write(data) or 0)
            except BrokenPipeError:  # who closes a pipe has read enough
                self.open = False
            except OSError as error:
                self.open, self.lost = False, error
        return len(data)


@contextmanager
def standard_streams() -> Iterator[None]:
    """Write UTF-8 to the standard streams, and go on where nobody reads or the disk is full.

    So a command does what it has to do whatever becomes of its words. Where words for standard
    output were lost, it ends with a sentence and with 1 at the least.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # closed by who started us: no file of ours may take its place
            os.open(os.devnull, os.O_RDONLY)
    sys.stdout, output = _wrapped(sys.stdout, 1)
    sys.stderr, _ = _wrapped(sys.stderr, 2)
    code: int | str | None = 0
    try:
        yield
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        with suppress(OSError):
            sys.stderr.flush()
    if output.lost:
        reason = output.lost.strerror
        print(
            f"Error: the output could not be written: {reason}; all else is done", file=sys.stderr
        )
    sys.exit(code or (1 if output.lost else 0))


def _wrapped(stream: TextIO | None, number: int) -> tuple[TextIO, _Stream]:
    if stream is None:
        stream = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    raw = _Stream(stream)
    # Bytes of file names that are no UTF-8 are shown as escapes.
    buffer = io.BufferedWriter(raw)  # type: ignore[type-var]
    return io.TextIOWrapper(buffer, "utf-8", "backslashreplace", line_buffering=True), raw
