"""Notes become pages, live while one writes."""

from mlcards.site import preview
from mlcards.site.serve import serve

__all__ = [
    "preview",
    "serve",
]
