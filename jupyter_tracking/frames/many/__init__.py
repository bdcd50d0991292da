"""Many runs side by side: which ones are meant, their inputs and results as columns, and what has to do with what."""
