from __future__ import annotations

from pathlib import Path

import pytest

from calls.errors import ServeError
from ivr.ears.settings import EarSettings, socket_path


@pytest.mark.unit
def test_only_the_folder_and_the_ring_have_to_be_named() -> None:
    assert EarSettings(run="/run/huawu", ring="/dev/shm/ring") == EarSettings(
        run="/run/huawu", ring="/dev/shm/ring", number=0, count=1, model="", nice=10, most_calls=2000
    )
    assert socket_path("/run/huawu", 3) == Path("/run/huawu/ear-3.sock")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("field", "value"), [("number", -1), ("count", 0), ("nice", -5), ("nice", 20), ("most_calls", 0)]
)
def test_a_number_out_of_range_is_named(field: str, value: int) -> None:
    with pytest.raises(ServeError, match=f"ears: {field} is {value} → choose"):
        EarSettings(run=".", ring="ring", **{field: value})  # type: ignore[arg-type]
