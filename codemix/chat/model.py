"""A model behind an endpoint, and how it is asked."""

import dataclasses
import re

from codemix.errors import UserError


@dataclasses.dataclass(frozen=True)
class ChatModel:
    """A model behind an endpoint that speaks OpenAI's chat completions.

    What it answers depends on the model, its sampling and what it is asked; the endpoint's address, its key and the
    pace do not count, so that cached answers hold when the same model is served elsewhere. Whoever asks makes a class
    of it, which is what its errors name.

    Attributes:
        base_url: what stands before /chat/completions: "https://api.openai.com/v1", "http://localhost:8000/v1".
        model: its name at the endpoint.
        api_key_variable: the environment variable that has the key; "" for an endpoint that wants none.
        most_tokens: of one answer.
        answer_format: the request's `response_format.type`; "" to send none.
        requests_per_minute: at most.
        concurrent_requests: at most.
        retries: of a request that failed, after waits that double.
        first_wait: seconds, of the first retry; where the endpoint says how long, that counts.
        timeout: seconds for a whole answer.
    """

    base_url: str
    model: str
    _: dataclasses.KW_ONLY
    api_key_variable: str = ""
    most_tokens: int = 4096
    answer_format: str = ""
    requests_per_minute: float = 60.0
    concurrent_requests: int = 8
    retries: int = 6
    first_wait: float = 1.0
    timeout: float = 120.0

    def __post_init__(self) -> None:
        name = type(self).__name__
        if not re.match(r"https?://[^/\s]+", self.base_url):
            raise UserError(
                f"{name}.base_url is {self.base_url!r}; give an address such as 'https://api.openai.com/v1'."
            )
        if not self.model:
            raise UserError(f"{name}.model is empty; give the model's name at the endpoint.")
        for field, least in (("most_tokens", 1), ("concurrent_requests", 1), ("retries", 0)):
            if getattr(self, field) < least:
                raise UserError(f"{name}.{field} is {getattr(self, field)}; give at least {least}.")
        for field in ("requests_per_minute", "first_wait", "timeout"):
            if getattr(self, field) <= 0:
                raise UserError(f"{name}.{field} is {getattr(self, field)}; give more than 0.")
