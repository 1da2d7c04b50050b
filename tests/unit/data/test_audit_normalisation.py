import sys

from audit_brute_force import tokens as brute_force_tokens

from codemix.data.audit.normalisation import tokens


def test_every_character_there_is():
    """Alone between letters: it separates them, joins them, is folded or is left out as a comment's beginning."""
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    for first in range(0, len(characters), 4096):
        text = "".join(f"a{character}B " for character in characters[first : first + 4096])
        assert tokens(text, "text").joined()[0].decode() == " ".join(brute_force_tokens(text, "text"))
    text = "".join(f"a{character}B\n" for character in characters[:4096])
    assert tokens(text, "code").joined()[0].decode() == " ".join(brute_force_tokens(text, "code"))


def test_capitals_beyond_ascii_are_lowered_alone_and_among_others():
    for text in ("É", "ÉCOLE d'ÉTÉ", "ΟΔΟΣ ΣΑΣ", "İstanbul", "ẞ", "Ⅷ", "Ａｂ"):
        assert tokens(text, "text").joined()[0].decode() == " ".join(brute_force_tokens(text, "text"))
