"""The language that runs are filtered with, the same as in the page: `lr < 0.01 and "baseline" in tags`. Nothing of it is evaluated.

    filter = test (("and" | "or")? test)*     side by side is `and`; `not` before a test; parentheses around tests
    test   = operand (operator operand)+      < <= > >= == = != ~ (and ≤ ≥ ≠), also in chains: 0.001 <= lr < 0.1
           | operand "not"? "in" (list | column)
           | operand "is" "not"? "missing"
           | word                             which the row holds, in whatever case

An operand is a column or a value. A column is a bare word or stands in backquotes, and may go without its `inputs.` or `outputs.` where
one column has the name. A word that is no column is a text, as is all in quotes; numbers, `true` and `false` are what they are.
Times (`created_at > today`) and seconds (`age < 2d`) are read as such where the column on the other side is one.

Numbers equal numbers, texts equal texts, booleans equal booleans, and none of them another; `true` also equals the text "true". A list
equals what one of its values equals. `~` is true of a text that holds another, in whatever case. Nothing is equal to, less or greater than
a missing value (None or NaN), so that of those only `!=`, `not` and `is missing` are true; `= none`
is `is missing`, and `!= none` is `is not missing`.
"""
