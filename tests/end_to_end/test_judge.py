"""Answers of a trained study, judged over HTTP on this machine; an endpoint that dies on the way; a replay without."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import tiny_study
from chat_server import running_chat

PROMPTS = 5
PAIRS = 2 * 2  # arms beside the control, seeds


def by_length(request: dict[str, Any]) -> str:
    answers = json.loads(request["messages"][1]["content"])
    longer = len(answers["first answer"]) >= len(answers["second answer"])
    return f"One is longer.\nVerdict: {'first' if longer else 'second'}"


def written(folder: Path, url: str) -> Path:
    prompts = folder / "prompts.jsonl"
    rows = [{"instruction": f"What is the name of the {n}. month of the year?", "context": ""} for n in range(PROMPTS)]
    prompts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    file = folder / "judged.gin"
    file.write_text(
        f"""include 'gin/suites/judged.gin'
Judging.prompts = '{prompts}'
Judging.number = {PROMPTS}
Judging.max_tokens = 8
Judging.temperature = 1.0
Judge.base_url = '{url}'
Judge.requests_per_minute = 60000.0
Judge.concurrent_requests = 1
Judge.retries = 0
"""
    )
    return file


def test_a_study_is_judged_stopped_and_replayed(finished_home: Path, tmp_path: Path) -> None:
    with running_chat(by_length) as chat:
        answered = 0

        def dies(request: dict[str, Any]) -> str:
            nonlocal answered
            answered += 1
            if answered > 7:
                raise ConnectionError
            return by_length(request)

        chat.model = dies
        file = written(tmp_path, chat.url)
        told = tiny_study.refusal("judge", finished_home, "--judging", str(file))
        assert "Judge.base_url" in told
        assert "every answer so far is kept" in told
        asked = len(chat.requests)
        chat.model = by_length
        shown = tiny_study.succeed("judge", finished_home, "--judging", str(file))
    assert "balanced_to_text" in shown
    path = finished_home / "studies" / tiny_study.NAME / "judged.parquet"
    judged = pd.read_parquet(path)
    assert len(judged) == PROMPTS * PAIRS
    assert judged.groupby(["arm", "seed"])["prompt"].nunique().tolist() == [PROMPTS] * PAIRS
    assert set(judged["control"]) == {"text_only"}
    compared = judged[judged["arm_answer"] != judged["control_answer"]]
    pairs = compared[["prompt", "arm_answer", "control_answer"]].itertuples(index=False)
    orders = {order for prompt, arm, control in pairs for order in ((prompt, arm, control), (prompt, control, arm))}
    assert len(chat.requests) - asked == len(orders) - 7, "what was answered is asked again"
    longer = judged["arm_answer"].str.len() - judged["control_answer"].str.len()
    assert ((longer > 0) == (judged["verdict"] == "win")).all()
    assert ((longer < 0) == (judged["verdict"] == "loss")).all()

    path.unlink()
    replayed = tiny_study.succeed("judge", finished_home, "--judging", str(file))  # the server is gone
    assert replayed.splitlines()[-5:] == shown.splitlines()[-5:]
    pd.testing.assert_frame_equal(pd.read_parquet(path), judged)
