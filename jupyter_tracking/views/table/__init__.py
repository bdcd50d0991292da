"""A stored dataframe, a page at a time: read, sorted, filtered, summarised and compared."""
