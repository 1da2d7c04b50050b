"""Markup: documentation, pages, styles and configuration as their authors wrote them."""

import dataclasses
import email
import email.policy
from typing import ClassVar

from codemix.data.local.environment import LocalFile
from codemix.data.local.reader import LocalReader, decode


@dataclasses.dataclass(frozen=True)
class LocalMarkup(LocalReader):
    """Markdown, reStructuredText, HTML, CSS, YAML, TOML and JSON files, and packages' long descriptions."""

    suffixes: ClassVar[dict[str, str]] = {
        ".md": "markdown",
        ".rst": "rst",
        ".html": "html",
        ".css": "css",
        ".yaml": "yaml",
        ".yml": "yaml",
        ".toml": "toml",
        ".json": "json",
        "METADATA": "",  # its own header says
    }
    version: ClassVar[int] = 1

    def text(self, file: LocalFile, content: bytes) -> tuple[str, str]:
        text, language = decode(content), self.suffixes[file.suffix]
        if file.suffix == "METADATA":
            text, language = _long_description(text)
        if not text.strip():
            raise ValueError("empty")
        return text.strip("\n") + "\n", language


def _long_description(metadata: str) -> tuple[str, str]:
    """The description in a package's metadata and its language; reStructuredText where the header is silent."""
    message = email.message_from_string(metadata, policy=email.policy.compat32)
    markdown = "markdown" in message.get("Description-Content-Type", "")
    body = message.get_payload()
    text = body if isinstance(body, str) and body.strip() else message.get("Description", "")
    return text, "markdown" if markdown else "rst"
