"""Values as JSON and back, led by their types.

Decimals are written as strings with every digit; dataclasses and named tuples as objects, field
by field, so that a field added to one of them is written and read without a word here.
"""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

Json: TypeAlias = Any


def encode(value: Any) -> Json:
    """Return a value as what JSON can hold."""
    if isinstance(value, Decimal):
        return str(value)
    if fields := _fields(type(value)):  # type: ignore[arg-type]  # mypy: classes have no hash
        return {name: encode(getattr(value, name)) for name in fields}
    if isinstance(value, Mapping):
        return {name: encode(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value


def decode(kind: Any, written: Json, where: str) -> Any:
    """Return the value of type `kind` that was written so, or raise `ValueError`.

    `where` names it in the complaint.
    """
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return _decode_optional(arguments, written, where)
    if fields := _fields(origin):
        return _decode_fields(origin, fields, written, where)
    if origin is Decimal:
        return _decode_decimal(written, where)
    if issubclass(origin, Mapping):
        return _decode_mapping(kind, written, where)
    if origin in (list, tuple):
        return _decode_sequence(origin, arguments, written, where)
    if type(written) is not origin and not (origin is float and type(written) is int):
        raise ValueError(f"{where} is not {origin.__name__}: {written!r}")
    return written


@cache
def _fields(kind: Any) -> dict[str, Any]:
    """Return the types of the fields of a dataclass or a named tuple; nothing for the rest."""
    if dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"):
        return get_type_hints(kind)
    return {}


def _decode_optional(kinds: tuple[Any, ...], written: Json, where: str) -> Any:
    (kind,) = (kind for kind in kinds if kind is not NoneType)
    return None if written is None else decode(kind, written, where)


def _decode_fields(kind: Any, fields: dict[str, Any], written: Json, where: str) -> Any:
    if not isinstance(written, dict) or written.keys() != fields.keys():
        raise ValueError(f"{where} does not have the fields {', '.join(fields)}")
    values = {name: decode(fields[name], written[name], f"{where}.{name}") for name in fields}
    return kind(**values)


def _decode_decimal(written: Json, where: str) -> Decimal:
    try:
        if isinstance(written, str):
            return Decimal(written)
    except InvalidOperation:
        pass
    raise ValueError(f"{where} is not a decimal number: {written!r}")


def _decode_mapping(kind: Any, written: Json, where: str) -> Any:
    if not isinstance(written, dict):
        raise ValueError(f"{where} is not an object")
    if get_origin(kind) is None:  # a named kind of mapping: its base knows of what
        make, (_, item) = kind, get_args(kind.__orig_bases__[0])
    else:
        make, (_, item) = dict, get_args(kind)
    return make({name: decode(item, value, f"{where}.{name}") for name, value in written.items()})


def _decode_sequence(make: Any, kinds: tuple[Any, ...], written: Json, where: str) -> Any:
    if not isinstance(written, list):
        raise ValueError(f"{where} is not a list")
    if make is list or kinds[-1] is ...:
        kinds = (kinds[0],) * len(written)
    if len(kinds) != len(written):
        raise ValueError(f"{where} has {len(written)} items, not {len(kinds)}")
    pairs = enumerate(zip(kinds, written, strict=True))
    return make(decode(kind, item, f"{where}[{number}]") for number, (kind, item) in pairs)
