"""The exceptions that Shortlist raises. `ShortlistError` is the base class of all of them."""

from shortlist.core.errors import (
    ConfigError,
    HomeDamaged,
    HomeLocked,
    HomeVersion,
    MediaError,
    ModelFailed,
    ModelMissing,
    RecordError,
    ServiceError,
    ShortlistError,
    StateError,
    UnknownItem,
    UnknownReader,
    UnusableAnswer,
    UsageError,
)

__all__ = [
    "ConfigError",
    "HomeDamaged",
    "HomeLocked",
    "HomeVersion",
    "MediaError",
    "ModelFailed",
    "ModelMissing",
    "RecordError",
    "ServiceError",
    "ShortlistError",
    "StateError",
    "UnknownItem",
    "UnknownReader",
    "UnusableAnswer",
    "UsageError",
]
