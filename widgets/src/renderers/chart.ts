// Charts of plotly, bokeh and vega: simple ones as lines and bars, any by its library where the kernel has it, and the JSON.

import { errorNote, h, put, region, span } from "../dom/dom";
import { sandboxed } from "../dom/sandbox";
import * as format from "../model/format";
import type { Plot, StepHead } from "../model/payload-heads";
import type { Payload } from "../model/payload";
import type { Axes } from "./axes";
import type { ChartLine } from "./chart-line";
import { LineChart } from "./line-chart";
import { colours } from "../dom/theme";
import { bar, select } from "../dom/toolbar";
import { json } from "../dom/json-tree";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

/** The page in which a library draws: it is sent the library's script and the figure. */
const libraryPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>chart</title><style>html,body{margin:0;height:100%;background:#fff}#chart{height:100%;width:100%}</style></head>
<body><div id="chart"></div><script>addEventListener("message",function(e){var d=e.data,s;if(d.code){s=document.createElement("script");s.textContent=d.code;document.head.append(s)}
if(d.library==="plotly")Plotly.react("chart",d.figure.data,Object.assign({},d.figure.layout,{autosize:true}),{displaylogo:false,responsive:true});
else if(d.library==="vega")vegaEmbed("#chart",d.figure,{actions:false,ast:true});
else{document.getElementById("chart").textContent="";Bokeh.embed.embed_item(d.figure,"chart")}})</script></body></html>`;

export function chart(host: Host<"chart">): Drawing<"chart"> {
  const { element, about } = host;
  const area = h("div");
  const legend = h("p", { class: "jt-legend" });
  const caption = h("p", { class: "jt-caption", role: "status" });
  const tools = bar();
  element.append(tools, legend, area, caption);
  let lines: LineChart | null = null;
  let iframe: HTMLIFrameElement | null = null;
  let shownAs = "";
  let offeredModes = "";
  /** What the library draws: of the step on screen, although its script may come later. */
  let figure: unknown = null;

  function clear(): void {
    lines?.destroy();
    lines = null;
    iframe = null;
    put(area);
  }

  function draw({ payload, step }: Shown<"chart">): void {
    if (!payload) return;
    const { head } = payload;
    const offered = [
      head.plot ? "lines and bars" : null,
      host.live && head.renderer && head.json !== undefined ? `${head.library} itself` : null,
      "JSON",
    ].filter((w): w is string => w !== null);
    if (offeredModes !== offered.join()) {
      offeredModes = offered.join();
      if (!offered.includes(shownAs)) {
        shownAs = offered[0]!;
        clear();
      }
      const mode = select("show as", offered, chooseMode, shownAs);
      put(tools, offered.length > 1 ? mode.element : null);

      function chooseMode(): void {
        shownAs = mode.value;
        clear();
        host.redraw();
      }
    }
    legend.hidden = shownAs !== "lines and bars";
    const name = JSON.stringify(about.name);
    const how = `view.load(${name}, step=${format.step(step)}) gives the figure`;
    const what =
      shownAs === "lines and bars"
        ? `the data of a ${head.library} chart, drawn plainly`
        : `a ${head.library} chart · ${format.bytes(head.size)} of JSON`;
    caption.textContent = `${what} · ${how}`;
    if (shownAs === "lines and bars" && head.plot) drawLines(payload, head.plot);
    else if (shownAs === "JSON" || head.json === undefined) showJson(payload);
    else drawByLibrary(payload, head.json);
  }

  function drawLines(payload: Payload<StepHead<"chart">>, plot: Plot): void {
    const axes: Axes = {
      xLabel: plot.labels[0],
      yLabel: plot.labels[1],
      x: plot.x,
      y: plot.y,
      xLog: plot.logs[0],
      yLog: plot.logs[1],
      xTime: plot.dates,
      floor: plot.y[0] === 0 && plot.traces.every(({ mode }) => mode === "bars"),
      ...(plot.names.length
        ? { xWords: (v: number) => (Number.isInteger(v) ? (plot.names[v] ?? "") : "") }
        : {}),
    };
    if (!lines) lines = new LineChart(area, axes, 320);
    else {
      lines.restyle();
      lines.setAxes(axes);
    }
    const made: ChartLine[] = plot.traces.map(({ name, mode }, n) => {
      const x = payload.column(`x${n}`);
      const y = payload.column(`y${n}`);
      if (mode === "bars")
        return { x, y, bars: payload.column(`r${n}`), base: 0, colour: n, label: name };
      return {
        x,
        y,
        colour: n,
        label: name,
        ...(mode.includes("markers") ? { marks: true } : {}),
        ...(mode.includes("lines") ? {} : { width: 0 }),
      };
    });
    lines.setFront(made);
    lines.describe(
      `${plot.title || about.name}: ${plot.traces.map((t) => t.name).join(", ")}; x is ${plot.labels[0]}, y is ${plot.labels[1]}`,
    );
    const palette = colours(element).lines;
    put(
      legend,
      plot.title ? h("b", {}, plot.title) : null,
      ...(plot.traces.length > 1
        ? plot.traces.map(({ name }, n) =>
            span(
              "jt-legend-item",
              h("span", { class: "jt-swatch", style: `background:${palette[n % palette.length]}` }),
              name,
            ),
          )
        : []),
    );
    legend.hidden = legend.childNodes.length === 0;
  }

  function showJson(payload: Payload<StepHead<"chart">>): void {
    const { json: at } = payload.head;
    put(
      area,
      at === undefined
        ? h("p", { class: "jt-note" }, "this chart is too large for this page")
        : region(
            "div",
            "jt-text jt-tree",
            `JSON of ${called(about)}`,
            json(JSON.parse(payload.text(at))),
          ),
    );
  }

  function drawByLibrary(payload: Payload<StepHead<"chart">>, at: number): void {
    const { library } = payload.head;
    figure = JSON.parse(payload.text(at));
    const post = (code?: string): void =>
      iframe?.contentWindow?.frames[0]?.postMessage({ library, figure, code }, "*");
    if (iframe) {
      post();
      return;
    }
    const created = sandboxed(libraryPage, `chart ${about.name}`, true);
    iframe = created;
    const loaded = new Promise((done) => created.addEventListener("load", done, { once: true }));
    put(area, created);
    Promise.all([host.ask({ renderer: true }), loaded])
      .then(([script]) => {
        if (iframe !== created) return;
        if (script.head.error) throw new Error(script.head.error);
        post(script.text(0));
        created.setAttribute("data-jt-drawn", "");
      })
      .catch((error: unknown) => {
        if (iframe !== created) return;
        clear();
        put(area, errorNote(format.error(error)));
      });
  }
  return { draw, destroy: clear };
}
