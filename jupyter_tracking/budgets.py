"""What is decoded of a run's files at most, whoever made them: every such limit, with its reason. What has more is told in words.

A view is to take less than a gigabyte and ten seconds of whatever a folder holds. What a limit stops in `load`, `allow_large=True` lets
through: then what is loaded is as large as the file says.
"""

from __future__ import annotations

# --- JSON: documents, journals, the cells of rows ------------------------------------------------------

# Of a document or a journal. A run of 100,000 artifacts has a lineage of 60 MB.
MOST_DOCUMENT_BYTES = 1 << 28  # bytes
# A line of an event file is in memory as bytes, as text and as what the page gets.
MOST_CELL_BYTES = 1 << 27  # bytes
# Values of one JSON text. Each takes 8 to 90 bytes, an object more: it counts as three.
MOST_VALUES = 6_000_000
VALUES_OF_AN_OBJECT = 3
# Of one row: a view reads it several times.
MOST_CELL_VALUES = 2_000_000

# Inputs and outputs of all the runs in a table: each is a column of pandas', which takes a tenth of a millisecond.
MOST_RUN_COLUMNS = 20_000

# Of each thing that is kept of runs that have ended: what a list of 15,000 runs says of them, the lineage of as many with 50 artifacts.
MOST_KNOWN_BYTES = 1 << 27  # bytes

# Of the files of runs at object stores that are kept on this machine.
MOST_CACHE_BYTES = 5_000_000_000
# Of a table at an object store that is fetched as a whole to be looked at; of a larger one those parts come that are read.
MOST_FETCHED_TABLE_BYTES = 64_000_000

# Of a tail of files at an object store, and of all of a run, which are in memory; a mirror sends tails of four megabytes at most.
MOST_TAIL_BYTES = 1 << 24
MOST_TAILS_BYTES = 1 << 28

# Of an asset that is read as a whole, but for tables: a few more times so much is made of it.
MOST_ASSET_BYTES = 1 << 28

# Of a file of a root's catalog, and of what is decoded of it: of 100,000 runs with six artifacts the larger table is a quarter of that.
MOST_CATALOG_BYTES = 1 << 30  # bytes

# --- pictures and videos -----------------------------------------------------------------------------

# A picture of 7,000 x 7,000. Decoders take 4 to 12 bytes a pixel, and a view draws a smaller one beside it.
MOST_PIXELS = 50_000_000
# Of all frames that `load` returns together, at three or four bytes a pixel, twice.
MOST_FRAME_PIXELS = 100_000_000
MOST_FRAMES = 20_000
# A file that goes to a page as it is, and is decoded there: what the canvas of a browser holds.
MOST_PAGE_PIXELS = 1 << 28
MOST_PICTURE_BYTES = 1 << 26  # bytes
MOST_SOUND_BYTES = 1 << 26
MOST_VIDEO_BYTES = 1 << 27
# A progressive JPEG is drawn once for each of its scans; encoders write about ten.
MOST_SCANS = 100

# --- sounds ------------------------------------------------------------------------------------------

# 12 minutes of stereo, as floats 256 MB.
MOST_SAMPLES = 1 << 25  # numbers of all channels

# --- tables ------------------------------------------------------------------------------------------

# Of what is read at once, decoded: the rows of a page, or a row group that is sorted, counted or compared.
MOST_TABLE_BYTES = 1 << 27  # bytes
# Of a whole table that `load` returns, which is there as Arrow's and as pandas' at the same time; or so many times its file.
MOST_LOADED_BYTES = 1 << 28  # bytes
MOST_RATIO = 8
MOST_TABLE_FILE_BYTES = 1 << 31
# Texts are parsed as a whole.
MOST_TEXT_TABLE_BYTES = 1 << 26  # bytes
MOST_CELLS = 10_000_000
# Columns cost much more than their values, in Arrow and pandas alike.
MOST_COLUMNS = 30_000
# The description of a parquet file's columns takes about thirty times its bytes when it is read.
MOST_FOOTER_BYTES = 1 << 24  # bytes
# Beside it, what others say of the columns: of 20,000 with names of a hundred letters 20 MB. It is kept as it is, but for what of it is
# JSON of pandas and ours, which takes twenty times its bytes.
MOST_METADATA_BYTES = 1 << 25  # bytes
MOST_SAID_BYTES = 12 << 20  # bytes
MOST_DEPTH = 32  # lists and structs within each other
MOST_PAGES = 100_000  # pages of a column chunk

# --- what is drawn -----------------------------------------------------------------------------------

MOST_BINS = 20_000  # of a histogram
MOST_BARS = 2_000  # of a chart, each of which matplotlib draws by itself
LONGEST_LABEL = 300  # characters of a text in a picture
# A chart that its own library draws, in a process of its own.
MOST_DRAWN_PIXELS = 16_000_000
MOST_DRAWN_SECONDS = 6
MOST_DRAWN_BYTES = 700_000_000
