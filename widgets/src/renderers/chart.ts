// Charts of plotly, bokeh and vega: simple ones as lines and bars, any by its library where the kernel has it, and the JSON.

import { h, keepKeys, put } from "../dom/dom";
import { sandboxed } from "../dom/sandbox";
import * as format from "../model/format";
import type { Plot, StepHead } from "../model/heads";
import type { Payload } from "../model/payload";
import type { Axes } from "./axes";
import type { Line } from "./line";
import { LineChart } from "./line-chart";
import { colours } from "../dom/theme";
import { bar, choose } from "../dom/toolbar";
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
  let last: Shown<"chart"> | null = null;

  function clear(): void {
    lines?.destroy();
    lines = null;
    iframe = null;
    put(area);
  }

  function draw(shown: Shown<"chart">): void {
    last = shown;
    if (!shown.payload) return;
    const { head } = shown.payload;
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
      put(
        tools,
        offered.length > 1
          ? choose(
              "show as",
              offered,
              (word) => {
                shownAs = word;
                clear();
                if (last) draw(last);
              },
              shownAs,
            )
          : null,
      );
    }
    legend.hidden = shownAs !== "lines and bars";
    const name = JSON.stringify(about.name);
    const how = `view.load(${name}, step=${format.step(shown.step)}) gives the figure`;
    if (shownAs === "lines and bars")
      caption.textContent = `the data of a ${head.library} chart, drawn plainly · ${how}`;
    else
      caption.textContent = `a ${head.library} chart · ${format.bytes(head.size)} of JSON · ${how}`;
    if (shownAs === "lines and bars" && head.plot) drawLines(shown.payload, head.plot);
    else if (shownAs === "JSON" || head.json === undefined) showJson(shown.payload);
    else drawByLibrary(shown.payload, head.json);
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
    const made: Line[] = plot.traces.map(({ name, mode }, n) => {
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
            h(
              "span",
              { class: "jt-legend-item" },
              h("span", { class: "jt-swatch", style: `background:${palette[n % palette.length]}` }),
              name,
            ),
          )
        : []),
    );
    legend.hidden = legend.childNodes.length === 0;
  }

  function showJson(payload: Payload<StepHead<"chart">>): void {
    put(
      area,
      payload.head.json === undefined
        ? h("p", { class: "jt-note" }, "this chart is too large for this page")
        : keepKeys(
            h(
              "div",
              {
                class: "jt-text jt-tree",
                tabindex: 0,
                role: "region",
                "aria-label": `JSON of ${called(about)}`,
              },
              json(JSON.parse(payload.text(payload.head.json)), null, 1),
            ),
          ),
    );
  }

  function drawByLibrary(payload: Payload<StepHead<"chart">>, at: number): void {
    const { library } = payload.head;
    const figure: unknown = JSON.parse(payload.text(at));
    if (iframe) {
      iframe.contentWindow?.frames[0]?.postMessage({ library, figure }, "*");
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
        const now =
          last?.payload?.head.json === undefined
            ? figure
            : JSON.parse(last.payload.text(last.payload.head.json));
        created.contentWindow?.frames[0]?.postMessage(
          { library, figure: now, code: script.text(0) },
          "*",
        );
        created.setAttribute("data-jt-drawn", "");
      })
      .catch((error: unknown) => {
        if (iframe === created) {
          clear();
          put(
            area,
            h(
              "p",
              { class: "jt-error", role: "alert" },
              error instanceof Error ? error.message : String(error),
            ),
          );
        }
      });
  }
  return { draw, destroy: clear };
}
