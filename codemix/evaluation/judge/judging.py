"""A judge's verdicts on pairs of answers: each pair is shown in both orders, and counts where both say the same."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from codemix.chat.client import Client, Unanswered
from codemix.evaluation.judge.config import Judge
from codemix.evaluation.judge.prompts import Prompt
from codemix.evaluation.judge.question import Malformed, again, question, verdict_of

Side = Literal["arm", "control"]
Verdict = Literal["win", "loss", "tie", "no verdict"]


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What a judge says of a pair of answers.

    Attributes:
        prompt: the id of what was answered.
        verdict: "win" or "loss" of the arm where both orders say so, "tie" where they disagree or the answers are the
            same text, "no verdict" where one of them was not answered in the form that was asked for.
        arm_first, control_first: whom the judge chose when that one's answer came first; None where it said neither, or
            was not asked.
        arm_first_reply, control_first_reply: its last texts; of what was not answered the reason; empty where it was
            not asked.
    """

    prompt: str
    verdict: Verdict
    arm_first: Side | None
    control_first: Side | None
    arm_first_reply: str
    control_first_reply: str


def judge_pair(
    judge: Judge,
    client: Client,
    prompts: Sequence[Prompt],
    arm: Mapping[str, str],
    control: Mapping[str, str],
    advance: Callable[[float], None] = lambda prompts: None,
) -> list[Judgement]:
    """Judges an arm's answers beside the control's.

    What the client's cache has is not asked again, so that a run that was killed goes on, and one that was finished is
    replayed without the endpoint.

    Args:
        judge: who.
        client: asks it.
        prompts: what was answered.
        arm: the id of a prompt -> the arm's answer.
        control: … and the control's.
        advance: called with the number of prompts judged.

    Raises:
        UserError: the endpoint answers nobody; what it has answered is kept.
    """
    with ThreadPoolExecutor(judge.concurrent_requests) as threads:
        try:
            found = []
            for judgement in threads.map(functools.partial(_judgement, judge, client, arm, control), prompts):
                found.append(judgement)
                advance(1)
            return found
        except BaseException:
            client.stop()
            threads.shutdown(cancel_futures=True)
            raise


def _judgement(
    judge: Judge, client: Client, arm: Mapping[str, str], control: Mapping[str, str], prompt: Prompt
) -> Judgement:
    """Both orders of a pair. In a thread."""
    one, other = arm[prompt.id], control[prompt.id]
    if one == other:
        return Judgement(prompt.id, "tie", None, None, "", "")
    arm_first, arm_first_reply = _ask(judge, client, prompt, {"arm": one, "control": other})
    control_first, control_first_reply = _ask(judge, client, prompt, {"control": other, "arm": one})
    return Judgement(
        prompt.id, _verdict(arm_first, control_first), arm_first, control_first, arm_first_reply, control_first_reply
    )


def _ask(judge: Judge, client: Client, prompt: Prompt, answers: Mapping[Side, str]) -> tuple[Side | None, str]:
    """Whom the judge chooses of two answers in this order, and its text; again where that is malformed."""
    messages = question(prompt, *answers.values())
    content = ""
    for _ in range(judge.attempts):
        try:
            content, ended = client.ask(messages, judge.model, judge.temperature, judge.seed)
            place = verdict_of(content, ended)
        except Unanswered as error:
            return None, f"no answer: {error.reason}"
        except Malformed as error:
            messages = again(messages, content, error.reason)
        else:
            first, second = answers
            return (first if place == "first" else second), content
    return None, content


def _verdict(one: Side | None, other: Side | None) -> Verdict:
    if one is None or other is None:
        return "no verdict"
    if one != other:
        return "tie"
    return "win" if one == "arm" else "loss"
