"""A dataset that is known by its name alone, as an origin: studies of it are planned before its files are there."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from codemix.data.records.records import Part
from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint


@dataclasses.dataclass(frozen=True)
class Published:
    """Records that a dataset is known to have. Its key is its name and revision: planning needs nothing else.

    Attributes:
        dataset: what it is published as.
        revision: which state of it, where it has several.
    """

    dataset: str
    revision: str = ""

    def __post_init__(self) -> None:
        if not self.dataset:
            raise UserError("Published.dataset is empty; give the name under which the dataset is published.")

    @property
    def names_subsets(self) -> bool:
        return False

    def fingerprint(self, subsets: Sequence[str]) -> str:
        return fingerprint([self.dataset, self.revision])

    def parts(self, subsets: Sequence[str]) -> Sequence[Part]:
        self._refuse()

    def records(self, part: Part, fields: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UserError(
            f"Published.dataset '{self.dataset}' is a name to plan with; to read it, include "
            "'gin/corpora/hub.gin' or 'gin/corpora/files.gin' after this profile."
        )
