"""DataFrames of every dtype, and tables of Arrow: what is logged is loaded equal, or it is refused at the call by the name of the column."""

from __future__ import annotations

import datetime as dt
import os
import uuid
import zoneinfo
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.kinds.arrow.types import without_views
from jupyter_tracking.views.model.payload import Payload
from jupyter_tracking.views.table.dataframe_diff import TableDiff
from jupyter_tracking.views.table.encode import add_window
from jupyter_tracking.views.table.sort_filter import SortFilter
from jupyter_tracking.views.table.stored_table import open_table
from jupyter_tracking.views.table.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kinds.conftest import Echo

_QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
MANY = int(os.environ.get("EXAMPLES") or 20_000)


def thorough(test: Callable[..., None]) -> Callable[..., None]:
    """Try 100 examples in a plain run, the same each time, and 20,000 (or EXAMPLES) others in a soak."""

    def run(echo: Echo, content: str, examples: int) -> None:
        plain = settings(
            max_examples=examples, derandomize=examples == 100, deadline=None, suppress_health_check=_QUIET, print_blob=True, database=None
        )
        plain(given(st.data())(lambda data: test(echo, content, data)))()

    run.__doc__ = test.__doc__
    run = pytest.mark.parametrize("content", ["parquet", "feather"])(run)
    return pytest.mark.parametrize("examples", [100, pytest.param(MANY, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])(run)


# --- values, column by column ---------------------------------------------------------------------------------------------

BIG = st.sampled_from([2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 0, 1])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(["", "a", "NaN", "None", "1", "é", "\x00"])
SURROGATES = st.sampled_from(["\ud800", "a\udfff", "\ud83d\ude00"])
FLOATS = st.floats() | st.sampled_from([0.0, -0.0, 1.0, 2.0**53 + 2, float("nan")])
MOMENTS = st.datetimes(dt.datetime.fromisoformat("1700-01-01"), dt.datetime.fromisoformat("2200-01-01"))
DURATIONS = st.timedeltas(dt.timedelta(days=-9000), dt.timedelta(days=9000))
DECIMALS = (
    st.decimals(allow_nan=True, allow_infinity=True) | st.decimals(-9, 9, places=2) | st.just(Decimal("1.50")) | st.just(Decimal("-0.0"))
)
ZONES = [
    dt.UTC,
    zoneinfo.ZoneInfo("UTC"),
    zoneinfo.ZoneInfo("Europe/Paris"),
    zoneinfo.ZoneInfo("Asia/Kolkata"),
    dt.timezone(dt.timedelta(hours=5, minutes=30)),
    dt.timezone(dt.timedelta(hours=-3), "here"),
]
try:
    import pytz
except ImportError:
    ZONED = list(ZONES)
else:
    ZONED = [*ZONES, pytz.timezone("America/New_York"), pytz.FixedOffset(90)]
GAPS = [None, float("nan"), pd.NA, pd.NaT]

NAT = np.int64(-(2**63)).view("M8")  # without a unit, which numpy 2.5 no longer lets one say
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    BIG,
    FLOATS,
    TEXTS,
    SURROGATES,
    st.binary(max_size=3),
    DECIMALS,
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from(ZONES)),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.complex_numbers(),
    st.sampled_from(GAPS),
    st.sampled_from([1, True, 1.0, "1", 0, False, ""]),
    st.sampled_from(
        [pd.Timestamp("2024-01-01"), pd.Timestamp(1, unit="ns"), pd.Timestamp("2024-01-01T00:00+05:30"), pd.Timedelta(5, "ns")]
    ),
    st.sampled_from([pd.Period("2024-01", "M"), pd.Interval(0, 1), pd.Interval(0.5, 1.5, "both"), np.float32(0.1), np.int64(2**53 + 1)]),
    st.sampled_from([np.str_("x"), np.datetime64("2024", "Y"), NAT, np.bool_(1), np.timedelta64(3, "h")]),
)
keys = st.sampled_from(["a", "b", "$a", ""]) | st.integers(0, 2)
nested = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=2),
        st.sets(st.integers(0, 3) | TEXTS, max_size=2),
        st.frozensets(st.integers(0, 3), max_size=2),
    ),
    max_leaves=5,
)
plain_json = st.recursive(
    st.none() | st.integers(-9, 9) | BIG | FLOATS | TEXTS | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)
arrays = st.builds(
    lambda items, kind, deep: np.array(items).astype(kind).reshape((-1, 1) if deep else -1),
    st.lists(st.integers(0, 100), max_size=3),
    st.sampled_from(["i8", "u1", "f2", "f4", "f8", "bool", "c8", ">i4", "M8[s]", "m8[ns]", "U3", "S2"]),
    st.booleans(),
)


class Thing:
    """What nothing can keep."""


def _objects(items: list[Any]) -> pd.Series[Any]:
    made = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        made[place] = item
    return pd.Series(made, dtype=object)


ONE_TYPE = [
    st.integers(),
    BIG,
    st.integers(0, 2**64 - 1),
    FLOATS,
    TEXTS,
    TEXTS | SURROGATES,
    st.booleans(),
    st.binary(max_size=3),
    DECIMALS,
    st.decimals(-9, 9, places=3),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from(ZONES)),
    st.sampled_from([pd.Timestamp("2024-01-01", tz=zone) for zone in ZONED]),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.lists(BIG | st.none(), max_size=3),
    st.lists(st.lists(FLOATS, max_size=2), max_size=2),
    st.lists(TEXTS | st.none(), max_size=3),
    st.tuples(st.integers(0, 3), TEXTS),
    st.sets(st.integers(0, 9), max_size=3),
    st.fixed_dictionaries({"a": st.integers(-9, 9) | st.none(), "b": FLOATS}),
    st.fixed_dictionaries({"a": st.fixed_dictionaries({"x": TEXTS})}),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9) | TEXTS, max_size=3),
    st.fixed_dictionaries({"a": st.dates() | st.none(), "b": st.lists(st.times(), max_size=2)}),
    arrays,
    plain_json,
    nested,
    scalars,
]
NUMPY = ["bool", *(f"{s}int{n}" for s in ("", "u") for n in (8, 16, 32, 64)), "float16", "float32", "float64", ">i4", ">f8", "complex64"]
NUMPY += [
    "complex128",
    "longdouble",
    *(f"M8[{u}]" for u in ("s", "ms", "us", "ns")),
    *(f"m8[{u}]" for u in ("s", "ms", "us", "ns")),
    ">M8[us]",
]
MASKED = ["Int8", "Int64", "UInt64", "Float32", "Float64", "boolean"]


def _numpy(draw: Any, size: int, name: str) -> pd.Series[Any]:
    kind = np.dtype(name)
    raw = draw(st.binary(min_size=size * kind.itemsize, max_size=size * kind.itemsize))
    if kind.kind == "b":
        return pd.Series(np.frombuffer(raw, "u1") % 2 == 1)
    if kind.kind in "Mm":
        far = np.frombuffer(raw, "i8") // draw(st.sampled_from([1, 10**6]))
        return pd.Series(far.astype("i8").view(kind.newbyteorder("=")).astype(kind))
    if kind.kind == "g" or name == "longdouble":
        return pd.Series(np.frombuffer(raw[: size * 8], "f8").astype(kind))
    return pd.Series(np.frombuffer(raw, kind).copy())


def _masked(draw: Any, size: int, name: str) -> pd.Series[Any]:
    values = _numpy(draw, size, {"boolean": "bool"}.get(name, name.lower()))
    if values.dtype.kind == "f":
        values = pd.Series(np.nan_to_num(values.to_numpy()), dtype=values.dtype)
    made = pd.Series(pd.array(values.to_numpy(), dtype=name))
    made[[n for n in range(size) if draw(st.booleans())]] = pd.NA
    return made


def _text_dtypes() -> list[Any]:
    try:
        return [pd.StringDtype(where, na_value=gap) for where in ("python", "pyarrow") for gap in (pd.NA, np.nan)]
    except TypeError:
        return [pd.StringDtype(where) for where in ("python", "pyarrow", "pyarrow_numpy")]


def _strings(draw: Any, size: int, dtype: Any) -> pd.Series[Any]:
    words = TEXTS | SURROGATES if dtype.storage == "python" else TEXTS
    return pd.Series(pd.array(draw(st.lists(words | st.none(), min_size=size, max_size=size)), dtype=dtype))


def _moments(draw: Any, size: int) -> pd.Series[Any]:
    unit = draw(st.sampled_from(["s", "ms", "us", "ns"]))
    values = pd.Series(pd.DatetimeIndex(draw(st.lists(MOMENTS | st.none(), min_size=size, max_size=size))).as_unit("us").as_unit(unit))
    zone = draw(st.sampled_from(ZONED))
    return values.dt.tz_localize("UTC").dt.tz_convert(zone)


def _periods(draw: Any, size: int) -> pd.Series[Any]:
    freq = draw(st.sampled_from(["M", "D", "W-SUN", "Y", "h", "2D", "Q-NOV"]))
    items = draw(st.lists(st.integers(-500, 500) | st.none(), min_size=size, max_size=size))
    return pd.Series([pd.NaT if n is None else pd.Period(ordinal=n, freq=freq) for n in items], dtype=pd.PeriodDtype(freq))


def _intervals(draw: Any, size: int) -> pd.Series[Any]:
    closed = draw(st.sampled_from(["left", "right", "both", "neither"]))
    starts = draw(st.lists(st.integers(-99, 99), min_size=size, max_size=size))
    kind = draw(st.sampled_from(["i8", "f8", "f4", "M8[s]", "M8[ns]", "m8[us]", "zoned"]))
    left = pd.Index(np.array(starts, dtype="i8"))
    if kind == "zoned":
        zone = draw(st.sampled_from(ZONES))
        ends = [pd.DatetimeIndex((left + n).to_numpy().astype("M8[us]")).tz_localize("UTC").tz_convert(zone) for n in (0, 1)]
    else:
        ends = [pd.Index((left + n).to_numpy().astype(kind)) for n in (0, 1)]
    made = pd.Series(pd.arrays.IntervalArray.from_arrays(*ends, closed=closed))
    if kind != "i8" and size and draw(st.booleans()):
        made.iloc[0] = np.nan
    return made


def _categories(draw: Any, size: int) -> pd.Series[Any]:
    many = draw(st.integers(0, 4))
    values = draw(columns(many, categories=True))
    try:
        unique = pd.Index(values.array, dtype=values.dtype).dropna().unique()
        codes = [draw(st.integers(-1, len(unique) - 1)) for _ in range(size)]
        return pd.Series(pd.Categorical.from_codes(codes, categories=unique, ordered=draw(st.booleans())))
    except (TypeError, ValueError, NotImplementedError, pa.ArrowException, AttributeError):  # what cannot be a category
        return pd.Series(pd.Categorical([None] * size))


def _cut(draw: Any, size: int) -> pd.Series[Any]:
    values = np.arange(size) * draw(st.sampled_from([1, 0.5]))
    if not size:
        return pd.Series(pd.cut([], [0, 1, 2]))
    return pd.Series(
        pd.cut(values, draw(st.sampled_from([2, [-1, 0, 9], [0.1, 0.2]]))) if draw(st.booleans()) else pd.qcut(values, 2, duplicates="drop")
    )


def _sparse(draw: Any, size: int) -> pd.Series[Any]:
    name = draw(st.sampled_from(["i8", "f8", "bool", "f4", "M8[ns]", "M8[s]"]))
    values = _numpy(draw, size, name).to_numpy()
    fill = draw(st.sampled_from([None, 0])) if name in {"i8", "f8"} else None
    return pd.Series(pd.arrays.SparseArray(values, fill_value=fill if name == "f8" or fill is not None else None))


ARROW_LEAVES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.null(), st.none()),
    (pa.bool_(), st.booleans()),
    (pa.int8(), st.integers(-128, 127)),
    (pa.int64(), BIG),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), FLOATS),
    (pa.string(), TEXTS),
    (pa.large_string(), TEXTS),
    (pa.binary(), st.binary(max_size=3)),
    (pa.binary(2), st.binary(min_size=2, max_size=2)),
    (pa.large_binary(), st.binary(max_size=3)),
    (pa.decimal128(10, 2), st.decimals(-9, 9, places=2)),
    (pa.decimal256(50, 3), st.decimals(-9, 9, places=3)),
    (pa.date32(), st.dates()),
    (pa.date64(), st.dates(dt.date(1900, 1, 1))),
    (pa.time32("s"), st.times().map(lambda t: t.replace(microsecond=0))),
    (pa.time64("ns"), st.times()),
    (pa.time64("us"), st.times()),
    *(
        (pa.timestamp(unit, zone), MOMENTS.map(lambda m: m.replace(microsecond=0)))
        for unit in ("s", "ms", "us", "ns")
        for zone in (None, "UTC", "Asia/Kolkata", "+05:30")
    ),
    *((pa.duration(unit), DURATIONS.map(lambda d: d - dt.timedelta(microseconds=d.microseconds))) for unit in ("s", "ms", "us", "ns")),
    (pa.month_day_nano_interval(), st.just(pa.MonthDayNano([1, 2, 3]))),
    (pa.dictionary(pa.int8(), pa.string()), TEXTS),
    (pa.dictionary(pa.int32(), pa.int64()), BIG),
    (pa.timestamp("us"), st.datetimes()),
]
if hasattr(pa, "string_view"):
    ARROW_LEAVES += [(pa.string_view(), TEXTS), (pa.binary_view(), st.binary(max_size=3))]
if hasattr(pa, "decimal64"):
    ARROW_LEAVES += [(pa.decimal64(6, 2), st.decimals(-9, 9, places=2)), (pa.float16(), st.floats(width=16))]
NO_DICTIONARIES = [leaf for leaf in ARROW_LEAVES if not pa.types.is_dictionary(leaf[0]) and leaf[0] != pa.month_day_nano_interval()]


def _wrap(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def gaps(values: Any) -> Any:
        return values | st.none()

    return st.one_of(
        inner.map(lambda t: (pa.list_(t[0]), st.lists(gaps(t[1]), max_size=2))),
        inner.map(lambda t: (pa.large_list(t[0]), st.lists(gaps(t[1]), max_size=2))),
        inner.map(lambda t: (pa.list_(t[0], 2), st.lists(gaps(t[1]), min_size=2, max_size=2))),
        st.tuples(inner, inner).map(
            lambda t: (pa.struct([("a", t[0][0]), ("b", t[1][0])]), st.fixed_dictionaries({"a": gaps(t[0][1]), "b": gaps(t[1][1])}))
        ),
        inner.map(lambda t: (pa.map_(pa.string(), t[0]), st.lists(st.tuples(TEXTS, gaps(t[1])), max_size=2))),
    )


arrow_types = st.sampled_from(ARROW_LEAVES) | st.recursive(st.sampled_from(NO_DICTIONARIES), _wrap, max_leaves=3)


def _arrow(draw: Any, size: int) -> pa.ChunkedArray:
    kind, values = draw(arrow_types)
    items = draw(st.lists(values | st.none() if draw(st.booleans()) else values, min_size=size, max_size=size))
    cut = draw(st.integers(0, size))
    try:
        if pa.types.is_dictionary(kind):
            whole = pa.array(items, kind.value_type).dictionary_encode()
            return pa.chunked_array([whole[:cut], whole[cut:]])
        return pa.chunked_array([pa.array(items[:cut], kind), pa.array(items[cut:], kind)], kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OverflowError):
        return pa.chunked_array([pa.nulls(size, pa.int64())])


def _arrow_dtype(draw: Any, size: int) -> pd.Series[Any]:
    values = pd.arrays.ArrowExtensionArray(_arrow(draw, size))
    return pd.Series(values, dtype=values.dtype)


@st.composite
def columns(draw: Any, size: int, *, categories: bool = False) -> pd.Series[Any]:
    """A column of any dtype."""
    kinds = [
        lambda: _objects(draw(st.lists(draw(st.sampled_from(ONE_TYPE)), min_size=size, max_size=size))),
        lambda: _objects(
            [
                gap if draw(st.booleans()) else item
                for gap in [draw(st.sampled_from(GAPS))]
                for item in draw(st.lists(draw(st.sampled_from(ONE_TYPE)), min_size=size, max_size=size))
            ]
        ),
        lambda: _numpy(draw, size, draw(st.sampled_from(NUMPY))),
        lambda: _masked(draw, size, draw(st.sampled_from(MASKED))),
        lambda: _strings(draw, size, draw(st.sampled_from(_text_dtypes()))),
        lambda: pd.Series(draw(st.lists(TEXTS, min_size=size, max_size=size)), dtype="str"),
        lambda: _moments(draw, size),
        lambda: _periods(draw, size),
        lambda: _intervals(draw, size),
        lambda: _cut(draw, size),
        lambda: _arrow_dtype(draw, size),
    ]
    if not categories:
        kinds += [lambda: _categories(draw, size), lambda: _categories(draw, size), lambda: _sparse(draw, size)]
        kinds += [lambda: _objects([Thing() for _ in range(size)])]
    return draw(st.sampled_from(kinds))()


names = (
    st.none()
    | TEXTS
    | st.integers(-2, 2)
    | st.sampled_from(["a", "k", ("x", 1), pd.Timestamp("2024-01-01"), 0.5, True, dt.date(2024, 1, 1)])
)


@st.composite
def indexes(draw: Any, size: int) -> pd.Index[Any]:
    """An index of any kind."""
    kind = draw(st.sampled_from(["range", "range", "texts", "column", "levels", "levels", "dates"]))
    name = draw(names)
    if kind == "range":
        start, step = draw(st.integers(-3, 3)), draw(st.sampled_from([1, 1, 2, -1, -3]))
        return pd.RangeIndex(start, start + size * step, step, name=name)
    if kind == "dates":
        return pd.date_range(
            "2024-01-01",
            periods=size,
            freq=draw(st.sampled_from(["D", "h", "MS", "W-SUN", "2D"])),
            tz=draw(st.sampled_from([None, "UTC"])),
            name=name,
        )
    if kind == "texts":
        return pd.Index(draw(st.lists(TEXTS, min_size=size, max_size=size)), name=name, dtype="str" if size else None)
    several = [draw(columns(size)) for _ in range(draw(st.integers(1, 3)) if kind == "levels" else 1)]
    try:
        for values in several:
            hash(tuple(values.tolist()))
        parts = [pd.Index(values.array, dtype=values.dtype) for values in several]
        if kind == "column":
            return parts[0].rename(name)
        return pd.MultiIndex.from_arrays(parts, names=[draw(names) for _ in parts])
    except (TypeError, ValueError, NotImplementedError, pa.ArrowException, AttributeError, Warning):  # what cannot be an index
        return pd.RangeIndex(size)


@st.composite
def frames(draw: Any) -> pd.DataFrame:
    """A DataFrame of any columns, index, labels, attributes and flags."""
    size, width = draw(st.sampled_from([0, 1, 2, 3, 4])), draw(st.sampled_from([0, 1, 1, 1, 2, 3]))
    made = pd.DataFrame({n: draw(columns(size)) for n in range(width)}, index=pd.RangeIndex(size))
    if draw(st.booleans()):
        made.index = draw(indexes(size))
    if draw(st.booleans()):
        made.columns = draw(indexes(width))
    else:
        made.columns = pd.Index([f"c{n}" for n in range(width)])
    if draw(st.integers(0, 4)) == 0:
        made.attrs = draw(st.dictionaries(TEXTS, plain_json, max_size=2))
    if draw(st.integers(0, 9)) == 0:
        with suppress(Exception):  # labels that are there twice, or that pandas cannot look up
            made = made.set_flags(allows_duplicate_labels=False)
    return made


# --- equal ----------------------------------------------------------------------------------------------------------------


def same(a: Any, b: Any) -> bool:  # noqa: C901, PLR0911 - a case a type
    """Whether two values are one, with their types, at each depth."""
    if type(a) is not type(b):
        return False
    if a is b or isinstance(a, type(pd.NaT) | type(pd.NA)):
        return True
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, set | frozenset):
        return a == b and sorted(map(repr, a)) == sorted(map(repr, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(any(same(k, other) and same(v, b[other]) for other in b) for k, v in a.items())
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and same(a.ravel().tolist(), b.ravel().tolist())
    if isinstance(a, Decimal):
        return a.as_tuple() == b.as_tuple()
    if isinstance(a, dt.datetime | dt.time):
        return repr(a) == repr(b)
    if isinstance(a, np.datetime64 | np.timedelta64):
        return a.dtype == b.dtype and a.view("i8") == b.view("i8")
    if isinstance(a, complex | np.complexfloating):
        return same(float(a.real), float(b.real)) and same(float(a.imag), float(b.imag))
    if isinstance(a, float | np.floating):
        return repr(a) == repr(b)
    return bool(a == b)


def assert_same_index(got: pd.Index[Any], want: pd.Index[Any]) -> None:
    """Class, dtype, values, names and frequency."""
    assert type(got) is type(want), (got, want)
    assert same(list(got.names), list(want.names)), (got.names, want.names)
    # A name that is a number would be taken for a level's.
    got, want = (each.rename([None] * each.nlevels if each.nlevels > 1 else None) for each in (got, want))
    for level in range(want.nlevels):
        one, two = got.get_level_values(level), want.get_level_values(level)
        if isinstance(two.dtype, pd.CategoricalDtype):
            assert_same_index(one.categories, two.categories)
            assert one.codes.tolist() == two.codes.tolist()
            assert one.ordered == two.ordered
            continue
        assert one.dtype == two.dtype, (one.dtype, two.dtype)
        assert same(list(one), list(two)), (one, two)
        if not isinstance(two.dtype, pd.ArrowDtype) and two.dtype != object:  # pandas cannot compare all of these itself
            pd.testing.assert_index_equal(one, two, exact=True, check_exact=True)
        if isinstance(want, pd.MultiIndex):
            assert got.levels[level].dtype == want.levels[level].dtype, (got.levels[level].dtype, want.levels[level].dtype)
    assert getattr(got, "freq", None) == getattr(want, "freq", None)


def assert_same(got: pd.DataFrame, want: pd.DataFrame) -> None:
    """Everything that a DataFrame has."""
    assert_same_index(got.index, want.index)
    assert_same_index(got.columns, want.columns)
    assert same(got.attrs, want.attrs), (got.attrs, want.attrs)
    assert got.flags.allows_duplicate_labels == want.flags.allows_duplicate_labels
    for place in range(want.shape[1]):
        one, two = got.iloc[:, place].array, want.iloc[:, place].array
        assert type(one.dtype) is type(two.dtype), (one.dtype, two.dtype)
        assert getattr(one.dtype, "storage", None) == getattr(two.dtype, "storage", None)
        assert isinstance(two.dtype, pd.CategoricalDtype) or one.dtype == two.dtype, (one.dtype, two.dtype)
        if isinstance(two.dtype, pd.CategoricalDtype):
            assert_same_index(one.categories, two.categories)
            assert one.codes.tolist() == two.codes.tolist()
            assert one.ordered == two.ordered
        elif isinstance(two.dtype, pd.SparseDtype):
            assert same(one.fill_value, two.fill_value)
            assert same(list(one), list(two)), (one, two)
        else:
            assert same(list(one), list(two)), (list(one), list(two))


def _stored(echo: Echo) -> tuple[int, int]:
    files = sum(1 for _ in os.scandir(echo.run.path / "assets/dataframe")) if (echo.run.path / "assets/dataframe").exists() else 0
    events = echo.run.path / "events/dataframe/frame.plx"
    return files, events.stat().st_size if events.exists() else 0


def log(echo: Echo, df: Any, content: str, labels: list[Any]) -> pd.DataFrame | None:
    """Log and load; None when it was refused, by a name, with nothing written."""
    before = _stored(echo)
    try:
        echo.run.log_dataframe(df, "frame", content)
    except (InvalidArgument, InvalidType) as error:
        text = str(error)
        assert _stored(echo) == before
        assert any(text.startswith(f"df has the column {label!r}"[:60]) for label in labels) or text.startswith(
            ("df has names of the columns", "df has the index", "df has column labels", "df has names of the index", "df has attributes")
        ), text
        return None
    found: pd.DataFrame = echo.load("dataframe", "frame")
    return found


@thorough
def test_frames_of_every_dtype(echo: Echo, content: str, data: Any) -> None:
    """Values with their types, dtypes, index, labels, names, attributes and flags."""
    frame = data.draw(frames())
    got = log(echo, frame, content, [frame.columns[place] for place in range(frame.shape[1])])
    if got is not None:
        assert_same(got, frame)


@thorough
def test_tables_of_arrow(echo: Echo, content: str, data: Any) -> None:
    """Each value is there with its type, and each gap, whatever the table came as."""
    size = data.draw(st.integers(0, 4))
    width = data.draw(st.integers(1, 3))
    table = pa.table(
        [_arrow(data.draw, size) for _ in range(width)],
        names=data.draw(st.lists(TEXTS.filter(lambda name: "\0" not in name), min_size=width, max_size=width)),
    )
    got = log(echo, data.draw(st.sampled_from([table, Stream(table)])), content, table.column_names)
    if got is not None:
        assert list(got.columns) == table.column_names, (list(got.columns), table.column_names)
        for place, column in enumerate(table.columns):
            assert_holds(got.iloc[:, place], column)


class Stream:
    """A table that only says that it is Arrow's, as those of other libraries do."""

    def __init__(self, table: pa.Table) -> None:
        """Hold a table."""
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return it as a capsule."""
        return self._table.to_reader().__arrow_c_stream__(requested_schema)


def assert_holds(got: pd.Series[Any], want: pa.ChunkedArray) -> None:
    """Each value of a column of Arrow's is there."""
    if isinstance(got.dtype, pd.ArrowDtype):
        found = got.array.__arrow_array__()
        assert found.type == without_views(want.type)
        assert same(found.to_pylist(), want.to_pylist())
        return
    values = want.to_pylist()
    for one, two in zip(got, values, strict=True):
        if two is None:
            assert pd.isna(one)
        elif isinstance(two, int | float):
            assert same(one.item() if hasattr(one, "item") else one, two)
        else:
            assert one == two


def test_uuid_and_frames_of_polars(echo: Echo) -> None:
    """Polars hands its frames over as Arrow."""
    polars = pytest.importorskip("polars")
    key = uuid.uuid4().hex
    frame = polars.DataFrame(
        {"id": [2**53 + 1, None], "u": [2**64 - 1, 0], "key": [key, None], "l": [[1, None], None], "f": [0.5, float("nan")]}
    )
    echo.run.log_dataframe(frame, "frame")
    got = echo.load("dataframe", "frame")
    assert got["id"].tolist() == [2**53 + 1, pd.NA]
    assert got["u"].tolist() == [2**64 - 1, 0]
    assert got["key"][0] == key
    assert got["l"].tolist()[0] == [1, None]


@thorough
def test_every_frame_is_shown(echo: Echo, content: str, data: Any) -> None:
    """The rows as they were logged; sorted, filtered, summarised and compared with themselves by the values that they are."""
    frame = data.draw(frames())
    if log(echo, frame, content, [frame.columns[place] for place in range(frame.shape[1])]) is None:
        return
    ask_everything(echo, frame)


ARROW_TYPES = [
    *("string_view", "binary_view", "month_day_nano_interval", "null", "float16", "bool_", "date64", "large_binary"),
    *(("binary", 3), ("decimal128", 5, 2), ("decimal256", 50, 2), ("decimal32", 5, 2), ("decimal64", 5, 2)),
    *(("duration", "s"), ("time32", "s"), ("timestamp", "s", "+05:30"), ("list_", pa.int8()), ("list_", pa.int8(), 2)),
    *(("list_view", pa.int8()), ("large_list_view", pa.int8()), ("dictionary", pa.int8(), pa.string()), ("map_", pa.string(), pa.int8())),
]


@pytest.mark.parametrize("content", ["parquet", "feather"])
@pytest.mark.parametrize("kind", ARROW_TYPES, ids=str)
def test_columns_of_every_arrow_type_are_shown(echo: Echo, content: str, kind: str | tuple[Any, ...]) -> None:
    """Also those for which pandas knows no Python type; the least that any of them can hold is nulls."""
    name, *arguments = (kind,) if isinstance(kind, str) else kind
    if not hasattr(pa, name):
        pytest.skip(f"this pyarrow has no {name}")
    try:
        frame = pd.DataFrame(
            {"a": pd.array(pa.nulls(3, getattr(pa, name)(*arguments)), dtype=pd.ArrowDtype(getattr(pa, name)(*arguments)))}
        )
    except (NotImplementedError, pa.ArrowNotImplementedError, TypeError) as error:
        pytest.skip(f"pandas cannot hold it: {error}")
    if log(echo, frame, content, ["a"]) is not None:
        ask_everything(echo, frame)


@pytest.mark.parametrize("content", ["parquet", "feather"])
@pytest.mark.parametrize("kind", ARROW_TYPES, ids=str)
@pytest.mark.parametrize("rows", [0, 2])
def test_lists_of_every_arrow_type_are_shown_and_matched(echo: Echo, content: str, kind: str | tuple[Any, ...], rows: int) -> None:
    """As the index, by which two versions are matched, and as a column; of some pandas has no lists."""
    name, *arguments = (kind,) if isinstance(kind, str) else kind
    if not hasattr(pa, name):
        pytest.skip(f"this pyarrow has no {name}")
    try:
        listed = pa.list_(getattr(pa, name)(*arguments))
        values = pd.array(pa.array([[None]] * rows, listed), dtype=pd.ArrowDtype(listed))
        frames_of_lists = [pd.DataFrame({"x": range(rows)}, index=pd.Index(values)), pd.DataFrame({"x": values})]
    except (NotImplementedError, pa.ArrowNotImplementedError, TypeError) as error:
        pytest.skip(f"pandas cannot hold it: {error}")
    for frame in frames_of_lists:
        if log(echo, frame, content, list(frame.columns)) is not None:
            ask_everything(echo, frame)


@pytest.mark.parametrize("content", ["parquet", "feather"])
@pytest.mark.parametrize("name", [None, "k"])
def test_an_index_of_a_nullable_dtype_keeps_it(echo: Echo, content: str, name: str | None) -> None:
    """Also in a frame whose columns need nothing beside them."""
    values: dict[str, list[Any]] = {"Int8": [1, 2], "boolean": [True, False], "Float32": [0.5, 1.5], "string": ["a", "b"]}
    for dtype, two in values.items():
        for one in (two, [two[0], None], [None, None]):
            frame = pd.DataFrame({"c": [False, True]}, index=pd.Index(pd.array(one, dtype=dtype), name=name))
            got = log(echo, frame, content, ["c"])
            assert got is not None
            assert_same(got, frame)


def test_a_signaling_nan_is_refused(echo: Echo) -> None:
    """With it in a column `pandas.isna` fails."""
    with pytest.raises(InvalidArgument, match=r"the column 'a' with a signaling NaN in row 1"):
        echo.run.log_dataframe(pd.DataFrame({"a": [Decimal(1), Decimal("sNaN")]}), "frame")


def ask_everything(echo: Echo, frame: pd.DataFrame) -> None:
    """Read the rows of the logged frame, and sort, filter, summarise and compare them."""
    artifact = next(a for a in echo.folder.artifacts() if a.name == "frame")
    table = open_table(echo.folder, echo.folder.payload(artifact, echo.folder.rows(artifact)[-1]))
    whole = table.window(0, len(frame))
    for place in range(frame.shape[1]):
        assert same(list(whole.iloc[:, place].array), list(frame.iloc[:, place].array))
    assert same(table.index_names, list(frame.index.names))
    payload = Payload({})
    assert len(add_window(payload, whole, 0)) == frame.shape[1] + frame.index.nlevels
    for column in range(-max(1, len(table.levels)), table.width):
        with suppress(InvalidArgument):  # values that have no order
            SortFilter(table, column=column).run_for(float("inf"))
    SortFilter(table, text="a").run_for(float("inf"))
    Summary(table, slice(0, 9)).run_for(float("inf"))
    with suppress(InvalidArgument):
        changes = TableDiff(table, table)
        changes.run_for(float("inf"))
        assert changes.tally == {**dict.fromkeys(["added", "removed", "changed", "cells"], 0), "same": len(frame)}
