"""What of an HTML file is seen."""

import html
import re

# What hides everything up to its end; each alternative is one character long where it fails, so the scan is linear.
_HIDDEN = re.compile(r"<(?:(?P<element>script|style)(?=[\s/>])|!--)", re.IGNORECASE)
_ENDS = {
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
    "": re.compile(r"-->"),
}
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>")


def visible_text(content: str) -> str:
    """The text outside tags, comments, scripts and style sheets, white space included; takes time linear in its
    length, for broken HTML too: what is not closed hides the rest."""
    parts = []
    position = 0
    while hidden := _HIDDEN.search(content, position):
        parts.append(content[position : hidden.start()])
        end = _ENDS[(hidden["element"] or "").lower()].search(content, hidden.end())
        position = end.end() if end else len(content)
    parts.append(content[position:])
    return html.unescape(_TAG.sub("", "".join(parts)))
