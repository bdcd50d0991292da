"""DataFrames as Arrow tables and back: each value, dtype and label as it was, or a refusal that names the column."""
