"""What comments and docstrings say, without the marks that make them comments."""

import re

import pytest
from derived_samples import DOCUMENTS, real_documents

from codemix.data.derived.comments import comments_of


@pytest.mark.parametrize("language", DOCUMENTS)
def test_comments_and_nothing_else(language: str):
    assert comments_of(DOCUMENTS[language], language) == "Adds two.\n\nTwice.\n"


@pytest.mark.parametrize("language", DOCUMENTS)
def test_real_comments_are_in_the_document_in_its_order(language: str):
    texts = real_documents(language, 6)
    if not texts:
        pytest.skip(f"CODEMIX_SAMPLES has no {language}")
    told = 0
    for text in texts:
        try:
            comments = comments_of(text, language)
        except ValueError as reason:
            assert str(reason) == "no comments"  # noqa: PT017
            continue
        told += 1
        assert comments.strip("\n") + "\n" == comments
        assert "\n\n\n" not in comments
        if "\\" not in comments:  # docstrings are told as they are read, not as they are written
            words = iter(re.findall(r"\w+", text))
            assert all(word in words for word in re.findall(r"\w+", comments))
    assert told


def test_python_docstrings_of_modules_classes_and_functions():
    source = '''#!/usr/bin/env python
# -*- coding: utf-8 -*-
"""The module.

    Indented.

Flush.
"""
import os  # noqa: F401


# A heading
# ---------
#   and a list
class Customer:
    'The class.'

    async def purchase(self, basket):  # type: (int) -> int
        """The function."""
        call(
            """No docstring."""
        )
        return "# no comment"


def basket(): "On one line."
'''
    assert comments_of(source, "python") == (
        "The module.\n\n    Indented.\n\nFlush.\n\nA heading\n\n  and a list\n\n"
        "The class.\n\nThe function.\n\nOn one line.\n"
    )


def test_an_older_python_has_docstrings_too():
    source = 'def purchase():\n    """The function."""\n    print "an older Python"  # Why.\n'
    assert comments_of(source, "python") == "The function.\n\nWhy.\n"


@pytest.mark.parametrize(
    ("source", "language", "told"),
    [
        ("// One\n// line.\n\n// Two.\nint a; // Three.\n", "c", "One\nline.\n\nTwo.\n\nThree.\n"),
        ("/*\n * - a list\n *   of it\n */\nint a;\n", "c", "- a list\n  of it\n"),
        ("/*\n- a list\n* of both\n*/\nint a;\n", "c", "- a list\n* of both\n"),
        ("/****************\n * A heading    *\n ****************/\nint a;\n", "cpp", "A heading\n"),
        ("#if 0\nint gone;\n#endif\nint a; // Left.\n", "c", "Left.\n"),
        ("/// Adds.\n/// # Errors\nfn a() {}\n", "rust", "Adds.\n# Errors\n"),
        ("--[==[ Long ]] still. ]==]\nlocal a = 1\n", "lua", "Long ]] still.\n"),
        ("-- | Documents.\na = 1\n", "haskell", "Documents.\n"),
        ("// eslint-disable-next-line\nlet a = 1; // Kept.\n", "javascript", "Kept.\n"),
        ("<p>Text</p>\n<!-- Hidden. -->\n<?php /** Seen. */ $a = '// no'; ?>\n", "php", "Hidden.\n\nSeen.\n"),
        ("//One.\r\n//Two.\r\nint a;\r\n", "c", "One.\nTwo.\n"),
    ],
)
def test_marks_of_comments(source: str, language: str, told: str):
    assert comments_of(source, language) == told


@pytest.mark.parametrize(
    ("source", "language", "reason"),
    [
        ("int a;\n", "c", "no comments"),
        ("#!/bin/sh\n# -----\necho a\n", "shell", "no comments"),
        ("x\n", "klingon", "no lexer for klingon"),
    ],
)
def test_no_comments_says_why(source: str, language: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        comments_of(source, language)
