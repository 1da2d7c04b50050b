"""StarCoder's filter by the share of comments (arXiv 2305.06161 §3; bigcode-dataset, preprocessing/)."""

import dataclasses
import re
from typing import ClassVar

from codemix.data.documents import Document

# One pass over the tokens that can hold or begin a comment. Possessive, so that a comment or string that is never
# closed costs one scan and not one for each of its characters.
_HASH = re.compile(
    r'(?P<docstring>"""(?:[^"\\]++|\\.|"(?!""))*+(?:""")?|'
    r"'''(?:[^'\\]++|\\.|'(?!''))*+(?:''')?)"
    r'|"(?:[^"\\\n]++|\\.)*+"?|'
    r"'(?:[^'\\\n]++|\\.)*+'?"
    r"|(?P<comment>\#[^\n]*+)",
    re.DOTALL,
)
_SLASHES = re.compile(
    r'"(?:[^"\\\n]++|\\.)*+"?|'
    r"'(?:[^'\\\n]++|\\.)*+'?"
    r"|`(?:[^`\\]++|\\.)*+`?"
    r"|(?P<comment>//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?)",
    re.DOTALL,
)
_SYNTAX = {
    "python": _HASH,
    **dict.fromkeys(("java", "javascript", "typescript", "c", "cpp", "c-sharp", "go", "kotlin", "scala"), _SLASHES),
}


@dataclasses.dataclass(frozen=True)
class CommentShare:
    """Drops texts of which less than `minimum` or more than `maximum` of the characters are comments.

    The original measures Python, with its docstrings (here: every string in triple quotes), Java and JavaScript; here
    more languages with the latter's comments too. Texts in other languages are kept.
    """

    reason: ClassVar[str] = "comment share"
    minimum: float = 0.01
    maximum: float = 0.8

    def keeps(self, document: Document) -> bool:
        syntax = _SYNTAX.get(document.language)
        if syntax is None or not document.text:
            return True
        groups = tuple(syntax.groupindex)
        comments = 0
        for token in syntax.finditer(document.text):
            if token.lastgroup in groups:
                comments += token.end() - token.start()
        return self.minimum <= comments / len(document.text) <= self.maximum
