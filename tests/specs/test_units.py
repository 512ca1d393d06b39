"""Quantities are read exactly, and what could mean two things is refused with both readings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterplan.errors import SpecError
from clusterplan.specs.units import parse_bytes, parse_bytes_per_s, parse_count, parse_flops_per_s, parse_seconds

PARSERS = (parse_bytes, parse_bytes_per_s, parse_flops_per_s, parse_seconds, parse_count)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_bytes, "80GB", 80 * 10**9),
        (parse_bytes, "80GiB", 80 * 2**30),
        (parse_bytes, "80 MiB", 80 * 2**20),
        (parse_bytes, "512B", 512),
        (parse_bytes, "79.15GiB", round(79.15 * 2**30)),
        (parse_bytes, 85e9, 85 * 10**9),
        (parse_bytes_per_s, "400Gb/s", 50e9),
        (parse_bytes_per_s, "400Gbps", 50e9),
        (parse_bytes_per_s, "400Gbit/s", 50e9),
        (parse_bytes_per_s, "3.35TB/s", 3.35e12),
        (parse_bytes_per_s, "25GBps", 25e9),
        (parse_bytes_per_s, "1GiB/s", 2.0**30),
        (parse_flops_per_s, "989TFLOPS", 989e12),
        (parse_flops_per_s, "989TFLOP/s", 989e12),
        (parse_flops_per_s, "1.3PFLOPS", 1.3e15),
        (parse_seconds, "2.5us", 2.5e-6),
        (parse_seconds, "2.5µs", 2.5e-6),
        (parse_seconds, "1.2ms", 1.2e-3),
        (parse_seconds, "3h", 10800.0),
        (parse_count, "70b", 70 * 10**9),
        (parse_count, "7B", 7 * 10**9),
        (parse_count, "1t", 10**12),
        (parse_count, "1.5T", 15 * 10**11),
        (parse_count, "15T", 15 * 10**12),
        (parse_count, "350m", 350 * 10**6),
        (parse_count, "1e12", 10**12),
        (parse_count, "1_024", 1024),
        (parse_count, 7.0, 7),
    ],
)
def test_what_people_write(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "readings"),
    [
        (parse_bytes, "80G", ("80GB", "80GiB")),
        (parse_bytes, "80gb", ("80GB", "80Gb")),
        (parse_bytes, "80Gb", ("80GB", "80Gb")),
        (parse_bytes_per_s, "400gb/s", ("400Gb/s", "400GB/s")),
        (parse_bytes_per_s, "400gbps", ("400Gb/s", "400GB/s")),
        (parse_bytes_per_s, "400G", ("400Gb/s", "400GB/s")),
        (parse_bytes_per_s, "400GB", ("400Gb/s", "400GB/s")),
        (parse_flops_per_s, "989T", ("989TFLOP/s", "989TFLOP ")),
        (parse_flops_per_s, "989TFLOPs", ("989TFLOP/s", "989TFLOP ")),
        (parse_seconds, "5m", ("5min", "5ms")),
        (parse_count, "7G", ("7b", "7GB")),
    ],
)
def test_unclear_quantities_are_refused_with_both_readings(parse, text, readings):
    with pytest.raises(SpecError, match="is unclear") as caught:
        parse(text, field="host.memory")
    message = str(caught.value)
    assert message.startswith(f"host.memory: {text!r}")
    assert all(reading in message for reading in readings), message
    assert caught.value.code == "bad-quantity"
    assert caught.value.hint


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    "value",
    ["", "x", "nan", "-inf", "0", "-3", 0, -1, float("nan"), float("inf"), True, None, [], "1e999999999", "9" * 99],
)
def test_what_is_no_quantity_is_refused_quickly(parse, value):
    with pytest.raises(SpecError, match=r"^memory: "):
        parse(value, field="memory")


def test_a_count_must_be_whole():
    with pytest.raises(SpecError, match=r"tokens: '1.5' is not a whole number"):
        parse_count("1.5", field="tokens")


@given(st.integers(1, 10**6), st.sampled_from([("kB", 10**3), ("MB", 10**6), ("GiB", 2**30), ("TiB", 2**40), ("B", 1)]))
def test_bytes_round_trip(number, unit):
    assert parse_bytes(f"{number}{unit[0]}") == parse_bytes(f" {number} {unit[0]} ") == number * unit[1]


@given(st.integers(1, 10**9))
def test_bits_are_an_eighth(number):
    assert parse_bytes_per_s(f"{number}Gb/s") * 8 == pytest.approx(parse_bytes_per_s(f"{number}GB/s"), rel=1e-15)


@given(st.floats(1e-9, 1e12, allow_nan=False))
def test_plain_floats_come_back_unchanged(number):
    assert parse_seconds(number) == number
    assert parse_seconds(repr(number) + "s") == number
    assert parse_bytes_per_s(number) == number
    assert parse_flops_per_s(number) == number


@given(st.integers(1, 10**15))
def test_counts_round_trip(number):
    assert parse_count(number) == parse_count(str(number)) == number
    assert parse_count(f"{number}k") == 1000 * number


@given(st.text(max_size=12))
def test_no_text_leads_to_anything_but_a_number_or_a_spec_error(text):
    for parse in PARSERS:
        try:
            assert parse(text) > 0
        except SpecError as error:
            assert "\n" not in str(error)
