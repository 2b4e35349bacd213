"""Variants of an experiment: by the name of a variant, or from a file of settings as `eval tune` writes it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shortlist.core.config import Config
from shortlist.core.errors import ConfigError, UsageError
from shortlist.eval.variants import Variant

SECTIONS = ("profile", "rerank", "retrieval")  # settings that may differ between the lists of one home
TUNED = "tuned"  # a section that says what a file of settings was tuned on


def live_variant(spec: str, known: Mapping[str, Variant], config: Config) -> Variant:
    """Return the variant `spec`: one of `known`, or the path of a TOML file of settings.

    Raises `ConfigError` for an unknown name or setting, `UsageError` for a variant that needs a home of its own.
    """
    variant = _from_file(Path(spec)) if spec.endswith(".toml") else known.get(spec)
    if variant is None:
        expected = f"a TOML file of settings, or one of {', '.join(known)}"
        raise UsageError("unknown variant", expected=expected, found=repr(spec), remedy="correct --a or --b")
    if not variant.is_live:
        raise UsageError(
            "the variant needs a home of its own", expected=f"settings of {', '.join(SECTIONS)}", found=variant.name,
            remedy="compare it with `shortlist eval ablation`",
        )  # fmt: skip
    variant.apply_to(config)
    return variant


def document_of(variant: Variant) -> dict[str, Any]:
    """Return a variant as JSON values."""
    return variant.model_dump(mode="json", exclude_unset=True)


def changed_settings(variant: Variant, config: Config) -> dict[str, dict[str, Any]]:
    """Return the settings by section that `variant` would change in `config`."""
    before = config.model_dump(mode="json", include=set(SECTIONS))
    after = variant.apply_to(config).model_dump(mode="json", include=set(SECTIONS))
    changed = {
        section: {key: value for key, value in after[section].items() if value != before[section][key]}
        for section in SECTIONS
    }
    if "method" in variant.model_fields_set and variant.method not in ("auto", "none"):
        changed["rerank"] |= {"method": variant.method}
    return {section: values for section, values in changed.items() if values}


def _from_file(path: Path) -> Variant:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
        settings.pop(TUNED, None)
        unknown = sorted(settings.keys() - set(SECTIONS))
        if unknown:
            raise UsageError(
                f"{path} sets more than a list", expected=f"the sections {', '.join(SECTIONS)}",
                found=", ".join(unknown), remedy="remove the others",
            )  # fmt: skip
        return Variant(name=path.stem, **settings)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise ConfigError(
            f"variant {path}", expected="a readable TOML file of settings", found=str(error), remedy="correct the file"
        ) from error
