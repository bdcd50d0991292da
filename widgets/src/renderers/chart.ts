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
import { bar, select, textButton } from "../dom/toolbar";
import { json } from "../dom/json-tree";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

/** The page in which a library draws: it is sent the scripts, and then each figure. Only what has the word runs there. */
const libraryPage = (nonce: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="x-dns-prefetch-control" content="off"><title>chart</title><style>html,body{margin:0;height:100%;background:#fff;font:13px system-ui,sans-serif}#chart{height:100%;width:100%}</style></head>
<body><div id="chart"></div><script nonce="${nonce}">(function(){var nonce=document.currentScript.nonce,make=self.trustedTypes&&trustedTypes.createPolicy("jt-chart",{createScript:function(text){return text}});
document.currentScript.remove();addEventListener("message",function run(e){if(e.source!==parent.parent||!e.data.code)return;removeEventListener("message",run);
if(!make){document.getElementById("chart").textContent="this browser is too old to keep a chart's own library apart from the network";return}
var s=document.createElement("script");s.nonce=nonce;s.textContent=make.createScript(e.data.code);document.head.append(s);s.remove()})})()</script></body></html>`;

/** What a stranger's figure may be named after, and no library should take for its prototype. */
const parseFigure = (text: string): unknown =>
  JSON.parse(text, (key, value: unknown) => (key === "__proto__" ? undefined : value));

export function chart(host: Host<"chart">): Drawing<"chart"> {
  const { element, about } = host;
  const area = h("div");
  const legend = h("p", { class: "jt-legend" });
  const caption = h("p", { class: "jt-caption", role: "status" });
  const tools = bar();
  element.append(tools, legend, area, caption);
  let lines: LineChart | null = null;
  let iframe: HTMLIFrameElement | null = null;
  /** Whether the frame has its library. */
  let drawing = false;
  let shownAs = "";
  let offeredModes = "";
  /** What the library draws: of the step on screen, although its script may come later. */
  let figure: unknown = null;
  /** The library that the reader has asked to draw: for all steps, and for no other library. */
  let asked = "";

  function clear(): void {
    lines?.destroy();
    lines = null;
    iframe = null;
    drawing = false;
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
    else if (asked !== head.library) offerLibrary(head.library);
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
    if (!lines)
      lines = new LineChart(area, axes, () => plot.title || about.name, { heights: [260, 360] });
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

  /** A figure may be anybody's: its library draws it when the reader says so. */
  function offerLibrary(library: string): void {
    const press = textButton(`draw with ${library}`, () => {
      asked = library;
      clear();
      host.redraw();
    });
    const words =
      "Its own library draws this chart, in a frame that reaches neither this page nor the network. Scripts and links of the chart do not work there.";
    clear();
    put(area, h("div", { class: "jt-offer" }, press, h("p", { class: "jt-caption" }, words)));
  }

  function drawByLibrary(payload: Payload<StepHead<"chart">>, at: number): void {
    const { library } = payload.head;
    figure = parseFigure(payload.text(at));
    if (iframe) {
      // Until its library is there, the frame takes nothing; then it is sent the figure of the step on screen.
      if (drawing) post({ library, figure });
      return;
    }
    const nonce = Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join("a");
    // Charts of plotly on WebGL are drawn by functions that it makes of texts of its own.
    const scripts = { nonce, functions: library === "plotly" };
    const created = sandboxed(libraryPage(nonce), `chart ${about.name}`, scripts);
    iframe = created;
    // The kernel takes seconds to put the script of vega together.
    const waiting = h("p", { class: "jt-caption" }, `loading ${library} from the kernel…`);
    put(area, waiting, created);
    const asking = host.ask({ renderer: true }).then((script) => {
      if (script.head.error) throw new Error(script.head.error);
      return script.text(0);
    });
    asking.catch((error: unknown) => {
      if (iframe !== created) return;
      clear();
      put(area, errorNote(format.error(error)));
    });
    // A notebook that takes a cell out of the page and puts it back loads the frame again, empty.
    created.addEventListener("load", () => {
      drawing = false;
      const begin = (code: string): void => {
        if (iframe !== created) return;
        waiting.remove();
        post({ code });
        post({ library, figure });
        drawing = true;
      };
      asking.then(begin, () => undefined);
    });
  }

  function post(message: object): void {
    iframe?.contentWindow?.frames[0]?.postMessage(message, "*");
  }
  return { draw, destroy: clear };
}
