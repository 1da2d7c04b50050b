"""What a model is asked with."""

import dataclasses

from codemix.chat.model import ChatModel
from codemix.data.source import Reader
from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint
from codemix.synthetic.model.styles import STYLES

MODEL_GENERATOR_VERSION = 1  # raised when the same answers would give other problems


@dataclasses.dataclass(frozen=True)
class ModelGenerator(ChatModel):
    """A model as the author of problems; see `ChatModel` for its endpoint, and how that is asked.

    Attributes:
        fragments: the reader whose Python documents the prompts quote.
        styles: of the prompts, names of `codemix.synthetic.model.styles`.
        temperature: of writing; the discriminator is asked at 0.
        seed: of fragments, styles and the model's own sampling, as far as it heeds one.
        answer_format: as `ChatModel` has it; "" for an endpoint that knows none.
        discriminator: the model that takes the second look; "" for the same one.
    """

    fragments: Reader
    styles: tuple[str, ...] = tuple(STYLES)
    temperature: float = 0.8
    seed: int = 1
    discriminator: str = ""
    answer_format: str = dataclasses.field(default="json_object", kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "styles", tuple(self.styles))
        super().__post_init__()
        unknown = [style for style in self.styles if style not in STYLES]
        if unknown or not self.styles:
            raise UserError(f"ModelGenerator.styles is {self.styles}; give some of {', '.join(STYLES)}.")
        if not 0 <= self.temperature <= 2:
            raise UserError(f"ModelGenerator.temperature is {self.temperature}; give a number from 0 to 2.")

    def fingerprint(self) -> str:
        """The key of what it would be asked, and of what is made of the answers."""
        asked = [self.model, self.discriminator, self.styles, self.temperature, self.most_tokens, self.answer_format]
        return fingerprint([MODEL_GENERATOR_VERSION, asked, self.seed, self.fragments.fingerprint()])
