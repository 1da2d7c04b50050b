"""Slices of a corpus: one source for each of its subsets, so that a mixture can weigh them."""

import dataclasses
import re

from codemix.data.records.records import Records
from codemix.data.source import Source
from codemix.errors import UserError


def per_subset(source: Source) -> tuple[Source, ...]:
    """A source for each subset that the source's `Records` names, with its family, filters and budget.

    A slice is called <name>_<subset>, where what is neither letter nor digit becomes an underscore: the subset c-sharp
    of web_code is web_code_c_sharp. A budget is each slice's own; how many tokens a slice has is not known. Raises
    UserError where there are no subsets.
    """
    reader = source.reader
    if not isinstance(reader, Records) or not reader.subsets:
        raise UserError(f"per_subset.source: source '{source.name}' names no Records.subsets; name at least one.")
    return tuple(
        dataclasses.replace(
            source,
            name=f"{source.name}_{re.sub('[^0-9A-Za-z]', '_', subset)}",
            reader=dataclasses.replace(reader, subsets=(subset,)),
            expected_tokens=None,
        )
        for subset in reader.subsets
    )
