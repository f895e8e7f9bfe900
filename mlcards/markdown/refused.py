"""Say what to write instead of HTML, pictures and nesting that a card cannot show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from mlcards.markdown.job import Job, place_of_token
from mlcards.text import Fragment

_INSTEAD = {
    **dict.fromkeys(["br"], "end a line with `\\` or two spaces to break it"),
    **dict.fromkeys(["b", "strong", "u", "mark", "ins"], "write `**words**`"),
    **dict.fromkeys(["i", "em", "cite", "dfn"], "write `*words*`"),
    **dict.fromkeys(["s", "del", "strike"], "write `~~words~~`"),
    **dict.fromkeys(["sub", "sup"], "write `$x_1$` or `$x^2$`"),
    **dict.fromkeys(["code", "kbd", "samp", "tt"], "put backticks around the words"),
    **dict.fromkeys(["pre"], "put ``` around code"),
    **dict.fromkeys(["a"], "write `[text](https://…)`"),
    **dict.fromkeys(["img", "figure", "picture", "svg"], "write `![what it shows](file.svg)`"),
    **dict.fromkeys(["ul", "ol", "li"], "begin each point with `- ` or `1. `"),
    **dict.fromkeys(["table", "tr", "td", "th", "thead", "tbody"], "write `| a | b |` in rows"),
    **dict.fromkeys(["details", "summary"], "write a `##` section, which is folded"),
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6"], "write `## heading`"),
    **dict.fromkeys(["p", "div", "center", "span", "font"], "leave it out"),
    **dict.fromkeys(["blockquote"], "begin the lines with `> `"),
    **dict.fromkeys(["hr"], "write `---` between blank lines"),
}
IMAGE_SUFFIXES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")


def check_nesting(tokens: Sequence[Token], job: Job) -> None:
    """Report what one HTML element or deletion may not hold of another."""
    stack: list[tuple[str, Token]] = []
    hinted: set[int] = set()
    for token in tokens:
        kind = token.type.rpartition("_")[0]
        if token.nesting == 1:
            if kind == "link" and any(outer == "link" for outer, _ in stack):
                message = "a link cannot stand in a link; write the one beside the other"
                job.problem(place_of_token(job, token), "link", message)
            if kind == "cloze" and any(id(outer) in hinted for _, outer in stack):
                message = "a hint holds no deletion; put it before the `::`, or beside"
                job.problem(place_of_token(job, token), "cloze", message)
            stack.append((kind, token))
        elif token.nesting == -1 or token.type == "cloze_hint":
            outer, opening = stack[-1] if stack else ("", token)
            if outer != kind:
                near = next((one for name, one in reversed(stack) if name == "cloze"), None)
                message = "emphasis and links end on the side of `{{`, `::` and `}}` they begin on"
                job.problem(place_of_token(job, near or opening), "cloze", message)
                return
            if token.nesting == -1:
                stack.pop()
            else:
                hinted.add(id(opening))


def raw_html(job: Job, place: Fragment, html: str) -> None:
    """Say what to write instead of HTML."""
    if html.lstrip().startswith("<!--"):
        job.problem(
            place, "comment", "this comment is still to be replaced; write the text or delete it"
        )
        return
    tag = html.strip().split("\n")[0][:40]
    name = re.match(r"</?([a-z]+[1-6]?)\b", tag, re.IGNORECASE)
    instead = _INSTEAD.get(name[1].lower() if name else "", "write Markdown")
    job.problem(place, "html", f"raw HTML is not used; {instead}, or put backticks around `{tag}`")


def image_problem(src: str, media: Mapping[str, str]) -> str:
    """Return what is wrong with the address of a picture that is not there."""
    if re.match(r"[a-z+]+:|//", src, re.IGNORECASE):
        return "a picture must lie beside the file, so that it shows offline; copy it there"
    if src.startswith("/") or ".." in src.split("/"):
        return f"`{src}` is not beside this file; copy the picture there and write its name alone"
    if not src.lower().endswith(IMAGE_SUFFIXES):
        return f"`{src}` is no picture; use one of {', '.join(IMAGE_SUFFIXES)}"
    return f"there is no file `{src}` beside this one; add it or correct the name"
