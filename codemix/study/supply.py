"""What there is of every source, how much of it an arm may read, and whether that is enough."""

import dataclasses
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from codemix.errors import UserError
from codemix.mixing.ledger import LedgerEntry
from codemix.store.token_store import TokenStore, is_complete, row_count
from codemix.study.study import Study


@dataclasses.dataclass(frozen=True)
class Supply:
    """Rows of a source for training: counted in its token store, or declared (`Source.expected_tokens`) until that is
    there, or not known (None)."""

    rows: int | None
    declared: bool = False


@dataclasses.dataclass(frozen=True)
class Portion:
    """The part of a source that an arm may read: `share` of `tokens`, or of what is counted in its store."""

    share: Fraction
    tokens: int | None = None

    def rows(self, supply: Supply, context: int) -> int | None:
        """How many rows that is, at least one; None where it is not known yet."""
        whole = supply.rows if self.tokens is None else row_count(self.tokens, context)
        return None if whole is None else max(1, int(self.share * whole))


def supply_of(study: Study, source: str, store: Path) -> Supply:
    """What there is of a source. Reads the manifest of its store, where that is there."""
    context = study.scale.model.context
    if is_complete(store):
        return Supply(row_count(TokenStore(store).count("train", "tokens"), context))
    expected = study.corpora.source(source).expected_tokens
    return Supply(None if expected is None else row_count(expected, context), declared=expected is not None)


def portions_of(study: Study, arm: str, sources: Sequence[str]) -> dict[str, Portion]:
    """source -> the part of it that the arm may read, of those that it may not read whole: the share that
    `Arm.portions` gives, times the share by which `Study.target_tokens` cuts every source."""
    own = study.arms[arm].portions
    simulated = Fraction(study.scale.tokens, study.target_tokens or study.scale.tokens)
    portions = {}
    for source in sources:
        share = simulated * Fraction(str(own.get(source, 1)))
        if share < 1:
            tokens = study.corpora.source(source).expected_tokens if simulated < 1 else None
            portions[source] = Portion(share, tokens)
    return portions


def check_supply(
    study: Study, ledgers: Mapping[str, list[LedgerEntry]], stores: Mapping[str, Path], supplies: Mapping[str, Supply]
) -> None:
    """Raises UserError where an arm draws more of a source than there is and Study.max_epochs allows, where a source
    has less than simulated epoching cuts it to, or a source that is evaluated has nothing held out."""
    for source in study.evaluation.sources:
        if not TokenStore(stores[source]).count("heldout", "documents"):
            raise UserError(
                f"BitsPerByte.sources names '{source}', of which no document is held out; raise its "
                "Source.heldout_share or Source.budget_bytes, or take it out."
            )
    context = study.scale.model.context
    for arm, entries in ledgers.items():
        for entry in entries:
            rows = supplies[entry.source].rows or 0
            allowed = study.max_epochs.get(entry.source, 1)
            if rows and (entry.available_rows or 0) > rows:
                raise UserError(
                    f"arm '{arm}' may read {(entry.available_rows or 0) * context:,} tokens of '{entry.source}' "
                    f"(Study.target_tokens and Source.expected_tokens), and {rows * context:,} are prepared; enlarge "
                    "the source, or raise Study.target_tokens."
                )
            if entry.available_rows == 0 or (entry.epochs or 0) > allowed:
                has = (entry.available_rows or 0) * context
                raise UserError(
                    f"arm '{arm}' draws {entry.rows_so_far * context:,} tokens of "
                    f"'{entry.source}', which has {has:,} for training ({allowed:g} epoch allowed); enlarge the "
                    f"source, lower Scale.tokens, or allow it with Study.max_epochs = {{'{entry.source}': …}}."
                )
