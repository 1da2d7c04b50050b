"""codemix judge"""

import argparse
from pathlib import Path

from codemix.commands.arguments import add_study, request_of

HELP = "have models compare every arm's answers to open-ended prompts with the control's"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_study(command)
    command.add_argument(
        "--judging",
        type=Path,
        metavar="GIN",
        help="a gin file that binds Judging, such as gin/suites/judged.gin (default: the study's own)",
    )


def run(parsed: argparse.Namespace, console) -> None:
    from codemix.reporting.suite.judged import Judged, judged_rates
    from codemix.reporting.suite.majority import with_majority
    from codemix.study.gin_files import load_judging
    from codemix.study.judge import judge_study
    from codemix.study.show_judged import shown

    plan, _ = request_of(parsed).plan()
    judging = load_judging(parsed.judging or parsed.study)
    rates = judged_rates(Judged(with_majority(judge_study(plan, judging, console))))
    console.print(shown(rates, plan.study.control))
