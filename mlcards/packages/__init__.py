"""Notes become packages for Anki, and a release."""

from mlcards.packages.build import Written, build, whole
from mlcards.packages.release import Refused, release

__all__ = [
    "Refused",
    "Written",
    "build",
    "release",
    "whole",
]
