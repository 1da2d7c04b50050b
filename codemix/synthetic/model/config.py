"""What a model is asked with."""

import dataclasses
import re

from codemix.data.source import Reader
from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint
from codemix.synthetic.model.styles import STYLES

MODEL_GENERATOR_VERSION = 1  # raised when the same answers would give other problems


@dataclasses.dataclass(frozen=True)
class ModelGenerator:
    """A model as the author of problems.

    What is kept depends on the model, its sampling and the prompts; the endpoint's address, its key and the pace do
    not count, so that cached answers hold when the same model is served elsewhere.

    Attributes:
        base_url: what stands before /chat/completions: "https://api.openai.com/v1", "http://localhost:8000/v1".
        model: its name at the endpoint.
        fragments: the reader whose Python documents the prompts quote.
        api_key_variable: the environment variable that has the key; "" for an endpoint that wants none.
        styles: of the prompts, names of `codemix.synthetic.model.styles`.
        temperature: of writing; the discriminator is asked at 0.
        most_tokens: of one answer.
        seed: of fragments, styles and the model's own sampling, as far as it heeds one.
        answer_format: the request's `response_format.type`; "" for an endpoint that knows none.
        discriminator: the model that takes the second look; "" for the same one.
        requests_per_minute: at most.
        concurrent_requests: at most.
        retries: of a request that failed, after waits that double.
        first_wait: seconds, of the first retry; where the endpoint says how long, that counts.
        timeout: seconds for a whole answer.
    """

    base_url: str
    model: str
    fragments: Reader
    api_key_variable: str = ""
    styles: tuple[str, ...] = tuple(STYLES)
    temperature: float = 0.8
    most_tokens: int = 4096
    seed: int = 1
    answer_format: str = "json_object"
    discriminator: str = ""
    requests_per_minute: float = 60.0
    concurrent_requests: int = 8
    retries: int = 6
    first_wait: float = 1.0
    timeout: float = 120.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "styles", tuple(self.styles))
        if not re.match(r"https?://[^/\s]+", self.base_url):
            raise UserError(
                f"ModelGenerator.base_url is {self.base_url!r}; give an address such as 'https://api.openai.com/v1'."
            )
        if not self.model:
            raise UserError("ModelGenerator.model is empty; give the model's name at the endpoint.")
        unknown = [style for style in self.styles if style not in STYLES]
        if unknown or not self.styles:
            raise UserError(f"ModelGenerator.styles is {self.styles}; give some of {', '.join(STYLES)}.")
        if not 0 <= self.temperature <= 2:
            raise UserError(f"ModelGenerator.temperature is {self.temperature}; give a number from 0 to 2.")
        for name, least in (("most_tokens", 1), ("concurrent_requests", 1), ("retries", 0)):
            if getattr(self, name) < least:
                raise UserError(f"ModelGenerator.{name} is {getattr(self, name)}; give at least {least}.")
        for name in ("requests_per_minute", "first_wait", "timeout"):
            if getattr(self, name) <= 0:
                raise UserError(f"ModelGenerator.{name} is {getattr(self, name)}; give more than 0.")

    def fingerprint(self) -> str:
        """The key of what it would be asked, and of what is made of the answers."""
        asked = [self.model, self.discriminator, self.styles, self.temperature, self.most_tokens, self.answer_format]
        return fingerprint([MODEL_GENERATOR_VERSION, asked, self.seed, self.fragments.fingerprint()])
