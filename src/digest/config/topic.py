"""The models of a topic file: what may stand in it, and what is refused at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

from digest.config.strict import Strict, Wrong
from digest.config.values import Address, QuietHours, TimeZone, ascii_host

_ISO_639_1 = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et
eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk
kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny
oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk
tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
LANGUAGES = frozenset(_ISO_639_1.split())

NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_REFERENCE = re.compile(rf"\$({NAME})")
_WILDCARD = re.compile(r"\w\?\w")
_MEANT = {"and": "all", "or": "any", "not": "none", "headline": "title", "heading": "title", "text": "body"}
_HOST = re.compile(r"(?!-)[^\s/:@*?#]+\.[^\s/:@*?#.]+")


def reference(term: str) -> str | None:
    """The name of the list that a term such as `$talks` stands for; None for a term of its own."""
    found = _REFERENCE.fullmatch(term.strip())
    return found[1] if found else None


def no_such_list(name: str, known: Iterable[str]) -> Wrong:
    """What to say of `$name` when the lists are called otherwise."""
    close = get_close_matches(name, known, n=1)
    mend = f"define it: `terms: {{{name}: [one, two]}}`; for a dollar sign, write the word without it"
    return Wrong("is no list of `terms`", f"did you mean `${close[0]}`?" if close else mend)


def _known(name: str, info: ValidationInfo) -> None:
    """Refuse the name of no list. Only where the file is in the context: else compiling tells it, with the rest."""
    lists = info.context.get("terms", {}) if isinstance(info.context, dict) else None
    if isinstance(lists, dict) and name not in lists:
        raise no_such_list(name, lists)


def _term(text: str, info: ValidationInfo) -> str:
    words = text.split()
    if not words:
        raise Wrong("is an empty term", "write a word, or delete the line")
    if name := reference(text):
        _known(name, info)
        return text
    if any(reference(word) for word in words):
        raise Wrong("has a `$name` among other words", "let it stand alone, for example `all: [$one, $two]`")
    for word in words:
        bare = word.lstrip("=").rstrip("*~")
        if word.startswith("*") or "*" in bare:
            raise Wrong("has a `*` that is not at the end of a word", "write `word*` for every word that begins so")
        if "~" in bare:
            raise Wrong("has a `~` that is not at the end of a word", "write `word~` for its inflections")
        if _WILDCARD.search(bare):
            raise Wrong("has a `?` inside a word", "write `word*` for every word that begins so")
        if not any(letter.isalnum() for letter in bare):
            if bare == word and len(words) > 1:
                continue  # "AT & T": punctuation between words
            raise Wrong("has no letter or digit to look for", "write a word, or delete it")
        if len(word) - len(word.rstrip("*~")) > 1:
            raise Wrong("ends in more than one of `*` and `~`", "keep `*` for a prefix or `~` for inflections")
    if any(word.startswith("=") for word in words[1:]):
        raise Wrong("has a `=` inside", "write it once, in front: it makes the case of the whole term count")
    return text


def _pattern(text: str) -> str:
    if not text.strip():
        raise Wrong("is an empty pattern", "write a regular expression, or delete the line")
    return text


def _points(text: str) -> str:
    if not re.fullmatch(r"[+-]?[1-9][0-9]{0,3}", text):
        raise Wrong("is not a number of points", "write a whole number such as `3:` or `-2:`")
    return text


def _language(text: str) -> str:
    code = text.strip().lower()
    if code not in LANGUAGES:
        raise Wrong("is not a language", "write an ISO 639-1 code such as `en`, `ko` or `ru`")
    return code


def _host(text: str) -> str:
    written = text.strip().rstrip(".")
    host = ascii_host(written) if _HOST.fullmatch(written) else None  # as the addresses of articles have it
    if host is None:
        raise Wrong("is not a host name", "write the site's name alone, such as `news.example.org`")
    return host


def _list_name(text: str, info: ValidationInfo) -> str:
    name = reference(text)
    if not name:
        raise Wrong("is one term where several belong", "write a list, or the `$name` of one")
    _known(name, info)
    return text.strip()


def _name_of_list(text: str) -> str:
    if not re.fullmatch(NAME, text):
        raise Wrong("is no name for a list", "write one word of letters, digits, `_` and `-`, such as `talks`")
    return text


T = TypeVar("T")


def _not_empty(items: tuple[T, ...]) -> tuple[T, ...]:
    if not items:
        raise Wrong("is an empty list", "write its items, or delete the line")
    return items


def _two_to_eight(items: tuple[T, ...]) -> tuple[T, ...]:
    if not 2 <= len(items) <= 8:
        raise Wrong("takes two to eight things that must be close to each other", "join some of them to a list")
    return items


Term = Annotated[
    str,
    AfterValidator(_term),
    WithJsonSchema(
        {
            "type": ["string", "number", "boolean"],
            "pattern": r"\S",
            "description": "A term: words that must stand together, in any case and spelling. `word*`: every word that "
            "begins so. `word~`: its inflections. `=Word`: exactly this case. `$name`: any term of that list.",
        }
    ),
]
Language = Annotated[
    str,
    AfterValidator(_language),
    WithJsonSchema({"type": "string", "enum": sorted(LANGUAGES), "description": "An ISO 639-1 code."}),
]
Host = Annotated[
    str,
    AfterValidator(_host),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[^\s/:@*?#]+\.[^\s/:@*?#.]+$",
            "description": "A site's name, without `https://`; its subdomains belong to it.",
        }
    ),
]


class _Given:
    """Marks a key that may be left out, and not be left empty: a rule that is forgotten must not be ignored."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._refuse_nothing, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        found = handler.resolve_ref_schema(handler(schema))
        alternatives = [each for each in found.pop("anyOf") if each != {"type": "null"}]
        return {**found, **alternatives[0]}

    @staticmethod
    def _refuse_nothing(value: Any) -> Any:
        if value is None:
            raise Wrong("has no value", "write one, or delete the line")
        return value


class AtLeast(Strict):
    """So many different ones of several conditions."""

    n: int = Field(ge=1, le=1000, description="How many of them must hold.", examples=["2"])
    of: Choice = Field(
        description="The conditions to choose from. A `$name` alone stands for each term of its list; in a list it "
        "counts once.",
        examples=["[sanctions, embargo, tariffs]"],
    )


class Near(Strict):
    """Several things close to each other in one paragraph."""

    within: int = Field(
        ge=1,
        le=500,
        description="The greatest distance in words: neighbours have distance 1. In Chinese, Japanese and Thai, two "
        "letters count as one word.",
        examples=["15"],
    )
    of: Annotated[Conditions, AfterValidator(_two_to_eight)] = Field(
        json_schema_extra={"minItems": 2, "maxItems": 8},
        description="What must be close to each other: terms, lists of terms or `$name`, one occurrence of each.",
        examples=["[$country, $talks]"],
    )
    ordered: bool = Field(
        default=False,
        description="Whether they must come in the order in which they are listed.",
        json_schema_extra={"type": "boolean"},
    )


class _Tests(Strict):
    """The conditions, by name."""

    any: Annotated[Condition | None, _Given()] = Field(
        default=None, description="Holds when any of these does.", examples=["[Bank of Korea, BOK]"]
    )
    all: Annotated[Conditions | None, _Given()] = Field(
        default=None, description="Holds when every one of these does.", examples=["[$country, $talks]"]
    )
    none: Annotated[Condition | None, _Given()] = Field(
        default=None, description="Holds when none of these does.", examples=["[football, box office]"]
    )
    at_least: Annotated[AtLeast | None, _Given()] = Field(
        default=None, description="Holds when so many of these do.", examples=["{n: 2, of: [sanctions, embargo]}"]
    )
    near: Annotated[Near | None, _Given()] = Field(
        default=None,
        description="Holds when these stand close to each other in one paragraph or in the title.",
        examples=["{within: 15, of: [$country, $talks]}"],
    )
    title: Annotated[Condition | None, _Given()] = Field(
        default=None, description="Looks at the title alone; a list means any of it.", examples=["[summit, talks]"]
    )
    lead: Annotated[Condition | None, _Given()] = Field(
        default=None,
        description="Looks at the beginning of the body alone: the standfirst, and paragraphs until 40 words are read.",
        examples=["[summit, talks]"],
    )
    body: Annotated[Condition | None, _Given()] = Field(
        default=None, description="Looks at the body alone.", examples=["[summit, talks]"]
    )
    regex: Annotated[Annotated[str, AfterValidator(_pattern)] | None, _Given()] = Field(
        default=None,
        description="A regular expression (RE2) over the text as it is written, one paragraph at a time. For what "
        "terms can't say.",
        examples=[r"'Resolution \d{4}'"],
    )


TESTS = tuple(_Tests.model_fields)


class Rule(_Tests):
    """A condition with a name: exactly one key."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    @model_validator(mode="before")
    @classmethod
    def _meant_as_text(cls, value: Any) -> Any:
        if isinstance(value, dict) and len(value) == 1:
            [(key, inner)] = value.items()
            if str(key) not in TESTS and not get_close_matches(str(key).lower(), TESTS, n=1, cutoff=0.6):
                if meant := _MEANT.get(str(key).lower()):
                    raise Wrong(f"is no condition (`{key}:`)", f"did you mean `{meant}:`?")
                quoted = f"{key}: {inner}" if isinstance(inner, str) else str(key)
                raise Wrong(f"is a key with a value (`{key}:`), not a term or a condition", f'write "{quoted}"')
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Rule:
        given = [name for name in TESTS if getattr(self, name) is not None]
        if len(given) != 1:
            found = "`, `".join(given)
            what = f"has {len(given)} conditions (`{found}`) where one belongs" if given else "has no condition"
            raise Wrong(what, "make each a list item of its own, or join them: `all: [{title: ...}, {near: ...}]`")
        return self


def _kind(value: Any) -> str | None:
    match value:
        case str():
            return "a term"
        case list() | tuple():
            return "a list"
        case dict() | Rule():
            return "a condition"
    return None


if TYPE_CHECKING:
    # mypy can't follow the alias that pydantic needs.
    Condition: TypeAlias = "str | tuple[Condition, ...] | Rule"
else:
    Condition = TypeAliasType(
        "Condition",
        Annotated[
            Annotated[Term, Tag("a term")]
            | Annotated[
                tuple["Condition", ...],
                AfterValidator(_not_empty),
                Field(json_schema_extra={"minItems": 1}),
                Tag("a list"),
            ]
            | Annotated[Rule, Tag("a condition")],
            Discriminator(_kind),
        ],
    )
Conditions = Annotated[tuple[Condition, ...], AfterValidator(_not_empty), Field(json_schema_extra={"minItems": 1})]
Choice = Annotated[
    Annotated[
        str, AfterValidator(_list_name), WithJsonSchema({"type": "string", "pattern": rf"^\$({NAME})$"}), Tag("a name")
    ]
    | Annotated[Conditions, Tag("a list")],
    Discriminator(lambda value: "a name" if isinstance(value, str) else "a list"),
]
for _model in (AtLeast, Near, Rule):
    _model.model_rebuild()


class ExampleText(Strict):
    """A piece of news to try the rules on."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["title"]}, {"required": ["body"]}]})

    title: str = Field(default="", description="Its headline.", examples=["Envoy lands in Beijing for talks"])
    body: str = Field(default="", description="Its text; an empty line parts paragraphs.")
    url: str = Field(default="", description="Where it stands; `sources` looks at its host.")

    @model_validator(mode="before")
    @classmethod
    def _headline_with_a_colon(cls, value: Any) -> Any:
        if isinstance(value, dict) and len(value) == 1:
            [(key, inner)] = value.items()
            if isinstance(inner, str) and " " in inner and not get_close_matches(str(key), cls.model_fields, n=1):
                raise Wrong(f"is a key with a value (`{key}:`), not a headline", f'write "{key}: {inner}"')
        return value

    @model_validator(mode="after")
    def _has_text(self) -> ExampleText:
        if not self.title.strip() and not self.body.strip():
            raise Wrong("has no text", "write `title:`, `body:` or both")
        return self


def _example_kind(value: Any) -> str:
    return "a title" if isinstance(value, str) else "an example"


def _headline(text: str) -> str:
    if not text.strip():
        raise Wrong("is an empty example", "write a headline, or delete the line")
    return text


Example = TypeAliasType(
    "Example",
    Annotated[
        Annotated[
            str,
            AfterValidator(_headline),
            WithJsonSchema({"type": ["string", "number"], "pattern": r"\S", "description": "A headline."}),
            Tag("a title"),
        ]
        | Annotated[ExampleText, Tag("an example")],
        Discriminator(_example_kind),
    ],
)


class Examples(Strict):
    """News that the rules must take or refuse. `digest check` runs them."""

    match: tuple[Example, ...] = Field(
        default=(), description="What must match: headlines, or `{title: ..., body: ...}`.", examples=["[A headline]"]
    )
    reject: tuple[Example, ...] = Field(
        default=(), description="What must not match, look-alikes above all.", examples=["[A headline]"]
    )


class Sources(Strict):
    """The sites that a topic looks at."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    only: tuple[Host, ...] = Field(default=(), description="Only articles of these.", examples=["[example.org]"])
    except_: tuple[Host, ...] = Field(
        default=(), alias="except", description="Never articles of these.", examples=["[recipes.example.org]"]
    )


class Alert(Strict):
    """A mail at once, for articles with many points."""

    threshold: int = Field(
        ge=1, le=100_000, description="The points that make an alert; more than make a match.", examples=["8"]
    )
    to: tuple[Address, ...] = Field(
        (),
        description="Who gets it; by default the readers of the digests that hold the topic.",
        examples=["[chief@example.org]"],
    )
    quiet_hours: Annotated[QuietHours | None, _Given()] = Field(
        None,
        description="The part of the day in which none leaves; what comes then follows in one mail.",
        examples=["22:00-07:00"],
    )
    timezone: Annotated[TimeZone | None, _Given()] = Field(
        None,
        description="The zone of the quiet hours; by default that of the digest that holds the topic.",
        examples=["Asia/Seoul"],
    )
    per_hour: int = Field(
        4, ge=1, le=60, description="The most alerts in an hour; what comes beyond follows in one mail.", examples=["4"]
    )


ListName = Annotated[str, AfterValidator(_name_of_list)]
Points = Annotated[
    str,
    AfterValidator(_points),
    WithJsonSchema({"type": "string", "pattern": r"^[+-]?[1-9][0-9]{0,3}$"}),
]


class TopicConfig(_Tests):
    """One topic file: a named subject with its rules. The file's name is the topic's id."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [name]} for name in (*TESTS, "require", "score") if name != "none"]}
    )

    topic: str = Field(
        min_length=1, max_length=200, description="The topic's title, as readers see it.", examples=["Bank of Korea"]
    )
    lang: tuple[Language, ...] = Field(
        default=(),
        description="The languages of its terms, for `word~`. Articles in other languages are read all the same.",
        examples=["[en]"],
    )
    terms: dict[ListName, Annotated[tuple[Term, ...], AfterValidator(_not_empty)]] = Field(
        json_schema_extra={"propertyNames": {"pattern": rf"^{NAME}$"}},
        default_factory=dict,
        description="Named lists of terms, used as `$name`.",
        examples=["{talks: [summit, negotiation~, diplomat*]}"],
    )
    require: Annotated[Condition | None, _Given()] = Field(
        default=None, description="A gate: without it, no match. A list means any of it.", examples=["$country"]
    )
    score: dict[Points, Condition] = Field(
        json_schema_extra={"propertyNames": {"pattern": r"^[+-]?[1-9][0-9]{0,3}$"}},
        default_factory=dict,
        description="Points, and the conditions that earn them; each condition of a list counts once.",
        examples=["{3: [$talks], -2: [football]}"],
    )
    exclude: Annotated[Condition | None, _Given()] = Field(
        default=None, description="Rejects the article when any of this holds.", examples=["[{title: obituary}]"]
    )
    ignore: Annotated[Condition | None, _Given()] = Field(
        default=None,
        description="Terms or patterns whose places are masked: nothing is found there, elsewhere everything is.",
        examples=["[North Korean cuisine]"],
    )
    threshold: int = Field(default=1, ge=1, le=100_000, description="The points that make a match.", examples=["4"])
    sources: Sources = Field(default=Sources(), description="The sites it looks at; default: all.")
    alert: Annotated[Alert | None, _Given()] = Field(
        default=None,
        description="A mail at once, for articles with many points.",
        examples=["{threshold: 8, quiet_hours: '22:00-07:00'}"],
    )
    examples: Examples = Field(default=Examples(), description="News that must match, and news that must not.")

    @model_validator(mode="after")
    def _finds_something(self) -> TopicConfig:
        named = [name for name in TESTS if name != "none" and getattr(self, name) is not None]
        if not named and self.require is None and not any(not points.startswith("-") for points in self.score):
            raise Wrong(
                "has no rule that could find anything", "add `any: [term, term]`, or points above 0 in `score:`"
            )
        return self
