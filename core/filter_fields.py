"""The parameters of all faces for the conditions of `Filters`, made from its one declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import Any, Literal, get_args, get_type_hints

from shortlist.core.ranking import Condition, Filters

FilterKind = Literal["seconds", "name", "names", "moment", "flag"]
KINDS: Mapping[Any, FilterKind] = {
    float | None: "seconds", str | None: "name", tuple[str, ...]: "names", datetime | None: "moment", bool: "flag",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FilterField:
    """One condition: the field of `Filters`, its `name` as a parameter, and what it means, as a sentence."""

    field: str
    name: str
    kind: FilterKind
    description: str

    @property
    def default(self) -> Any:
        """The value that is no condition."""
        return {"flag": False, "names": ()}.get(self.kind)


def _field(name: str, annotation: Any) -> FilterField:
    of, condition = get_args(annotation)
    assert isinstance(condition, Condition)  # noqa: S101
    return FilterField(name, condition.name or name, KINDS[of], condition.description)


_HINTS = get_type_hints(Filters, include_extras=True)
FILTER_FIELDS = tuple(_field(one.name, _HINTS[one.name]) for one in fields(Filters))


def filters_from(values: Mapping[str, Any]) -> Filters:
    """Return the filters with these values by parameter name; those that are missing or None are no condition.

    A date is its midnight, and a time without a zone is in UTC. Raises `RecordError` for an invalid value.
    """
    given = {one.field: _value(one.kind, values[one.name]) for one in FILTER_FIELDS if values.get(one.name) is not None}
    return Filters(**given)


def _value(kind: FilterKind, value: Any) -> Any:
    if kind == "names":
        return tuple(value)
    if kind != "moment":
        return value
    moment = value if isinstance(value, datetime) or not isinstance(value, date) else datetime.combine(value, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def with_filters(annotate: Callable[[FilterField], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that replaces the parameter `filters` of a function by one parameter for each condition.

    `annotate` returns the annotation of a parameter. The parameters are for keywords only and come last.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(function, include_extras=True)
        own = [
            one.replace(annotation=hints.get(one.name, one.annotation))
            for one in inspect.signature(function).parameters.values()
            if one.name != "filters"
        ]
        added = [
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=annotate(one))
            for one in FILTER_FIELDS
        ]

        def split(values: dict[str, Any]) -> dict[str, Any]:
            chosen = {one.name: values.pop(one.name, None) for one in FILTER_FIELDS}
            return {**values, "filters": filters_from(chosen)}

        @wraps(function)
        def call(*arguments: Any, **values: Any) -> Any:
            return function(*arguments, **split(values))

        @wraps(function)
        async def call_async(*arguments: Any, **values: Any) -> Any:
            return await function(*arguments, **split(values))

        made: Any = call_async if inspect.iscoroutinefunction(function) else call
        made.__signature__ = inspect.Signature([*own, *added], return_annotation=hints.get("return"))
        made.__annotations__ = {one.name: one.annotation for one in (*own, *added)} | {"return": hints.get("return")}
        return made  # type: ignore[no-any-return]

    return decorate
