"""What the records of the literature's corpora mean."""

from codemix.data.records.schemas.code import StarCoder, TheStack
from codemix.data.records.schemas.commits import CommitPackFT, GitCommits
from codemix.data.records.schemas.instruct import PromptResponse
from codemix.data.records.schemas.issues import GithubIssueEvents, GithubIssues
from codemix.data.records.schemas.notebooks import Notebooks, RawNotebooks
from codemix.data.records.schemas.problems import ProblemSolution
from codemix.data.records.schemas.slimpajama import SlimPajama
from codemix.data.records.schemas.web import C4, Dclm, FineWebEdu, RedPajamaArxiv

__all__ = [
    "C4",
    "CommitPackFT",
    "Dclm",
    "FineWebEdu",
    "GitCommits",
    "GithubIssueEvents",
    "GithubIssues",
    "Notebooks",
    "ProblemSolution",
    "PromptResponse",
    "RawNotebooks",
    "RedPajamaArxiv",
    "SlimPajama",
    "StarCoder",
    "TheStack",
]
