// Charts of plotly, bokeh and vega: simple ones drawn as our own lines, any by their own library when the kernel has it, and the JSON.

import { h, keepKeys, put } from "../dom/dom";
import { sandboxed } from "../dom/sandbox";
import * as format from "../model/format";
import type { Payload } from "../model/payload";
import { Lines, type Axes, type Line } from "./line-chart";
import { colours } from "../dom/theme";
import { bar, choose } from "../dom/toolbar";
import { json } from "../dom/json-tree";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

interface Plot {
  title: string;
  labels: [string, string];
  logs: [boolean, boolean];
  names: string[];
  dates: boolean;
  traces: { name: string; mode: string }[];
  x: [number, number];
  y: [number, number];
}

/** What runs in the frame: it is sent the library's script and the figure, and draws. */
const stage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>chart</title><style>html,body{margin:0;height:100%;background:#fff}#chart{height:100%;width:100%}</style></head>
<body><div id="chart"></div><script>addEventListener("message",function(e){var d=e.data,s;if(d.code){s=document.createElement("script");s.textContent=d.code;document.head.append(s)}
if(d.library==="plotly")Plotly.react("chart",d.figure.data,Object.assign({},d.figure.layout,{autosize:true}),{displaylogo:false,responsive:true});
else if(d.library==="vega")vegaEmbed("#chart",d.figure,{actions:false,ast:true});
else{document.getElementById("chart").textContent="";Bokeh.embed.embed_item(d.figure,"chart")}})</script></body></html>`;

export function chart(host: Host): Drawing {
  const { element, about } = host;
  const room = h("div");
  const legend = h("p", { class: "jt-legend" });
  const caption = h("p", { class: "jt-caption", role: "status" });
  const tools = bar();
  element.append(tools, legend, room, caption);
  let lines: Lines | null = null;
  let own: HTMLIFrameElement | null = null;
  let way = "";
  let ways = "";
  let last: Shown | null = null;

  function clear(): void {
    lines?.destroy();
    lines = null;
    own = null;
    put(room);
  }

  function draw(shown: Shown): void {
    last = shown;
    if (!shown.frame) return;
    const { head } = shown.frame;
    const offered = [
      head.plot ? "lines and bars" : null,
      host.live && head.renderer && head.json !== undefined ? `${head.library} itself` : null,
      "JSON",
    ].filter((w): w is string => w !== null);
    if (ways !== offered.join()) {
      ways = offered.join();
      if (!offered.includes(way)) {
        way = offered[0]!;
        clear();
      }
      put(
        tools,
        offered.length > 1
          ? choose(
              "show as",
              offered,
              (word) => {
                way = word;
                clear();
                if (last) draw(last);
              },
              way,
            )
          : null,
      );
    }
    legend.hidden = way !== "lines and bars";
    const name = JSON.stringify(about.name);
    const how = `view.load(${name}, step=${format.step(shown.step)}) gives the figure`;
    if (way === "lines and bars")
      caption.textContent = `the data of a ${head.library} chart, drawn plainly · ${how}`;
    else
      caption.textContent = `a ${head.library} chart · ${format.bytes(Number(head.size))} of JSON · ${how}`;
    if (way === "lines and bars") plain(shown.frame, head.plot);
    else if (way === "JSON") tree(shown.frame);
    else themselves(shown.frame);
  }

  function plain(frame: Payload, plot: Plot): void {
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
    if (!lines) lines = new Lines(room, axes, 320);
    else {
      lines.restyle();
      lines.setAxes(axes);
    }
    const made: Line[] = plot.traces.map(({ name, mode }, n) => {
      const x = frame.column(`x${n}`);
      const y = frame.column(`y${n}`);
      if (mode === "bars")
        return { x, y, bars: frame.column(`r${n}`), base: 0, colour: n, label: name };
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

  function tree(frame: Payload): void {
    put(
      room,
      frame.head.json === undefined
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
              json(JSON.parse(frame.text(frame.head.json)), null, 1),
            ),
          ),
    );
  }

  function themselves(frame: Payload): void {
    const { library } = frame.head;
    const figure: unknown = JSON.parse(frame.text(frame.head.json));
    if (own) {
      own.contentWindow?.frames[0]?.postMessage({ library, figure }, "*");
      return;
    }
    const mine = sandboxed(stage, `chart ${about.name}`, true);
    own = mine;
    const loaded = new Promise((done) => mine.addEventListener("load", done, { once: true }));
    put(room, mine);
    Promise.all([host.ask({ renderer: true }), loaded])
      .then(([script]) => {
        if (own !== mine) return;
        if (script.head.error) throw new Error(script.head.error);
        const now =
          last?.frame?.head.json === undefined
            ? figure
            : JSON.parse(last.frame.text(last.frame.head.json));
        mine.contentWindow?.frames[0]?.postMessage(
          { library, figure: now, code: script.text(0) },
          "*",
        );
        mine.setAttribute("data-jt-drawn", "");
      })
      .catch((error: unknown) => {
        if (own === mine) {
          clear();
          put(
            room,
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
