"""What most of several judges say of a pair of answers."""

import pandas as pd

MAJORITY = "majority"


def with_majority(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a study's judged.parquet, and, where several judges were asked, those of their majority after them.

    A majority is what more than half of the judges say that say anything of a pair, "tie" where there is none, and
    "no verdict" where no judge says anything. It has no order of the answers.
    """
    if rows["judge"].nunique() < 2:
        return rows
    pair = ["arm", "control", "seed", "prompt"]
    verdicts = rows.groupby(pair, sort=False)["verdict"].agg(_most).reset_index()
    return pd.concat([rows, verdicts.assign(judge=MAJORITY)], ignore_index=True)


def _most(verdicts: pd.Series) -> str:
    said = verdicts[verdicts != "no verdict"]
    if said.empty:
        return "no verdict"
    shares = said.value_counts(normalize=True)
    return str(shares.index[0]) if shares.iloc[0] > 0.5 else "tie"
