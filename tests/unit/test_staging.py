"""What COPY is given is what the frame holds."""

import pyarrow as pa

from warehouse.staging import as_csv


def test_a_column_that_begins_with_empty_chunks_is_written_whole() -> None:
    """Pyarrow 26 wrote zero bytes instead of the text; PostgreSQL refused them."""
    empty = pa.array([], pa.large_string())
    column = pa.chunked_array([empty, empty, pa.array(["a", None, "c"], pa.large_string())])
    assert bytes(as_csv(pa.table({"x": column}))) == b'"a"\n\n"c"\n'
