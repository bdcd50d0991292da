"""Texts and markup, with and without steps."""

from polyaxon import tracking

tracking.init(project="docs")
tracking.log_text(name="summary", text="first | line\nsecond line")
for step, word in enumerate(("eins", "zwei", "drei")):
    tracking.log_text("count", f"{word} ist {step}", step=step)
    tracking.log_html(name="page", html=f"<p class='x'>{word}</p>", step=step)
tracking.end()
