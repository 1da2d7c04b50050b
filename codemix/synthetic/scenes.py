"""Where problems take place, and what things are called there."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Scene:
    """A domain and its nouns.

    Attributes:
        place: with its preposition: "in a corner shop".
        person: who has the problem: "the shopkeeper".
        thing: what is handled: "order".
        things: its plural.
        measure: a whole number that every thing has: "price".
        measures: its plural.
        unit: of the measure.
        typical: the least and the greatest common value of the measure.
        label: what kind of name a thing goes by: "product".
        labels: such names, lower case, single words.
    """

    place: str
    person: str
    thing: str
    things: str
    measure: str
    measures: str
    unit: str
    typical: tuple[int, int]
    label: str
    labels: tuple[str, ...]

    @property
    def label_plural(self) -> str:
        """ "products"."""
        return {"pastry": "pastries", "shelf": "shelves"}.get(self.label, f"{self.label}s")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SCENES = (
    Scene(
        "in a corner shop",
        "the shopkeeper",
        "order",
        "orders",
        "price",
        "prices",
        "cents",
        (20, 900),
        "product",
        _words("bread milk rice tea honey pepper flour beans cheese salt"),
    ),
    Scene(
        "at a school",
        "the teacher",
        "pupil",
        "pupils",
        "score",
        "scores",
        "points",
        (0, 100),
        "subject",
        _words("algebra history botany music drawing physics latin drama geometry sport"),
    ),
    Scene(
        "at a weather station",
        "the observer",
        "reading",
        "readings",
        "temperature",
        "temperatures",
        "degrees",
        (-15, 35),
        "station",
        _words("ridge harbour valley summit meadow delta plateau glacier cape marsh"),
    ),
    Scene(
        "in a parcel depot",
        "the dispatcher",
        "parcel",
        "parcels",
        "weight",
        "weights",
        "grams",
        (50, 5000),
        "route",
        _words("north south ring coast tunnel bridge airport market canal forest"),
    ),
    Scene(
        "in a library",
        "the librarian",
        "book",
        "books",
        "page count",
        "page counts",
        "pages",
        (40, 700),
        "shelf",
        _words("poetry atlas biography crime travel science folklore comics letters plays"),
    ),
    Scene(
        "at an athletics club",
        "the coach",
        "runner",
        "runners",
        "lap time",
        "lap times",
        "seconds",
        (48, 120),
        "team",
        _words("falcons otters comets badgers herons lynxes ravens bisons foxes swifts"),
    ),
    Scene(
        "on a farm",
        "the farmer",
        "field",
        "fields",
        "yield",
        "yields",
        "kilograms",
        (100, 2000),
        "crop",
        _words("barley oats maize rye lentils clover hops turnips flax spelt"),
    ),
    Scene(
        "in a data centre",
        "the operator",
        "server",
        "servers",
        "load",
        "loads",
        "percent",
        (0, 100),
        "host",
        _words("atlas vega orion lyra mira rigel altair deneb castor pollux"),
    ),
    Scene(
        "at a bus company",
        "the planner",
        "trip",
        "trips",
        "delay",
        "delays",
        "minutes",
        (-4, 45),
        "stop",
        _words("station castle museum hospital stadium park library harbour mill square"),
    ),
    Scene(
        "in a bakery",
        "the baker",
        "batch",
        "batches",
        "batch size",
        "batch sizes",
        "loaves",
        (6, 80),
        "pastry",
        _words("croissant bagel scone muffin strudel brioche pretzel eclair tart bun"),
    ),
    Scene(
        "in a laboratory",
        "the technician",
        "sample",
        "samples",
        "concentration",
        "concentrations",
        "milligrams",
        (1, 400),
        "compound",
        _words("nitrate sulfate chloride iodide citrate lactate oxide borate acetate phosphate"),
    ),
    Scene(
        "at a radio station",
        "the producer",
        "track",
        "tracks",
        "duration",
        "durations",
        "seconds",
        (90, 420),
        "genre",
        _words("jazz folk soul ambient swing techno opera blues reggae samba"),
    ),
    Scene(
        "in a warehouse",
        "the stock keeper",
        "pallet",
        "pallets",
        "height",
        "heights",
        "centimetres",
        (60, 240),
        "bay",
        _words("alpha bravo delta echo golf hotel kilo lima oscar tango"),
    ),
    Scene(
        "at a harbour",
        "the harbour master",
        "ship",
        "ships",
        "draught",
        "draughts",
        "decimetres",
        (15, 150),
        "vessel",
        _words("aurora meridian petrel nautilus seagull polaris triton albatross corsair mistral"),
    ),
    Scene(
        "at a power utility",
        "the engineer",
        "meter",
        "meters",
        "consumption",
        "consumptions",
        "watt hours",
        (5, 900),
        "district",
        _words("riverside hillside downtown eastgate westfield lakeside oldtown brookside fairview seaview"),
    ),
    Scene(
        "in a museum",
        "the curator",
        "visitor",
        "visitors",
        "visit length",
        "visit lengths",
        "minutes",
        (5, 240),
        "hall",
        _words("egypt rome gems maps clocks fossils porcelain armour textiles coins"),
    ),
    Scene(
        "on a game server",
        "the moderator",
        "player",
        "players",
        "rating",
        "ratings",
        "points",
        (600, 2400),
        "guild",
        _words("wardens nomads embers titans drifters sentinels rogues mystics hunters exiles"),
    ),
    Scene(
        "in a hospital ward",
        "the nurse",
        "patient",
        "patients",
        "pulse",
        "pulses",
        "beats a minute",
        (50, 140),
        "ward",
        _words("cedar maple birch willow rowan aspen hazel juniper laurel elm"),
    ),
)
