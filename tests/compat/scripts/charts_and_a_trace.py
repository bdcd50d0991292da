"""Charts of three libraries, and a trace of calls."""

import altair as alt
import pandas as pd
import plotly.graph_objects as go
from bokeh.plotting import figure
from polyaxon import tracking
from polyaxon.tracking import get_or_create_run

run = get_or_create_run(tracking.init(project="docs"))
tracking.log_plotly_chart(name="plotly", figure=go.Figure(go.Bar(y=[1, 3, 2])), step=1)
tracking.log_altair_chart("altair", alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_bar().encode(x="a:Q"), step=1)
plot = figure()
plot.line([1, 2], [2, 1])
tracking.log_bokeh_chart("bokeh", plot, step=1)
run.log_metrics(tokens=12, cost=0.25)
