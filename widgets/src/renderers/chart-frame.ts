// What runs in the frame in which a chart's own library draws it, before the library does. The figure may come from anybody. Its own scripts
// never run: the frame's policy knows no inline scripts and, but for WebGL, no functions made of texts. What is closed here is what a library
// itself may do with the figure's texts: markup is cleaned, and no element is made that could lead anywhere. No script of the
// figure's can undo that.

import { safePart } from "../dom/sanitize";

interface Message {
  library: string;
  figure: any;
}
interface Model {
  prototype: { execute(): void };
}
/** The libraries, each where its script has put it. */
interface Libraries {
  Plotly: { react(place: string, data: unknown, layout: object, config: object): Promise<unknown> };
  Bokeh: {
    embed: { embed_item(item: unknown, place: string): Promise<unknown> };
    documents: { clear(): void }[];
    Models: Record<string, Model> | ((name: string) => Model);
  };
  vegaEmbed(place: string, figure: unknown, options: object): Promise<unknown>;
}
const realm = globalThis as any;

/** What reaches other machines without a request that the frame's policy would see, or that no library needs to draw. */
const REACHING = [
  "RTCPeerConnection",
  "webkitRTCPeerConnection",
  "RTCDataChannel",
  "WebTransport",
  "WebSocket",
  "WebSocketStream",
  "EventSource",
  "Worker",
  "SharedWorker",
  "BroadcastChannel",
  "XSLTProcessor",
  "DocumentPictureInPicture",
  "navigation",
];
/** Elements that a browser opens a connection for, by themselves or when they are pressed. */
const LEADING = new Set(
  "a area base embed fencedframe form frame frameset iframe link map meta object portal".split(" "),
);

function close(): void {
  for (const name of REACHING)
    Object.defineProperty(realm, name, { value: undefined, configurable: false });
  // What cleans markup in the browser's own way, which leaves links.
  for (const kind of [Element, ShadowRoot]) delete (kind.prototype as any).setHTML;
  delete (Document as any).parseHTML;
  realm.open = () => null;
  const { createElement, createElementNS } = Document.prototype;
  const leads = (name: string): boolean =>
    LEADING.has(String(name).toLowerCase().replace(/^.*:/, ""));
  Document.prototype.createElement = function (this: Document, name: string, options?: any) {
    return createElement.call(this, leads(name) ? "span" : name, options);
  } as typeof createElement;
  Document.prototype.createElementNS = function (
    this: Document,
    space: string,
    name: string,
    options?: any,
  ) {
    // A link of plotly is a part of a line of text.
    const plain = space === "http://www.w3.org/2000/svg" ? "tspan" : "span";
    return createElementNS.call(this, space, leads(name) ? plain : name, options);
  } as typeof createElementNS;
  // The policy would stop a picture from elsewhere too, and a library would ask for it again and again.
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src")!;
  Object.defineProperty(HTMLImageElement.prototype, "src", {
    get,
    set(this: HTMLImageElement, address: string) {
      if (/^(?:data|blob):/i.test(address)) set!.call(this, address);
    },
  });
  // Every text that is taken for markup comes through here. Functions are made of texts only where the frame's policy lets them.
  realm.trustedTypes.createPolicy("default", {
    createHTML: safePart,
    createScript: (text: string) => text,
    createScriptURL: () => "about:blank",
  });
}

const refuse = (): Promise<never> => Promise.reject(new Error("nothing is fetched"));
/** Where vega asks for what has an address: only a picture that is in the chart is given. */
const loader = {
  load: refuse,
  http: refuse,
  file: refuse,
  sanitize: (address: string) =>
    /^data:image\//i.test(address) ? Promise.resolve({ href: address }) : refuse(),
};

/** A model of bokeh by its name; before 3.4 one asks for it by a call. */
function modelOf({ Models }: Libraries["Bokeh"], name: string): Model {
  return typeof Models === "function" ? Models(name) : Models[name]!;
}

async function draw({ library, figure }: Message): Promise<void> {
  const { Plotly, Bokeh, vegaEmbed } = realm as Libraries;
  if (library === "plotly") {
    const layout = { ...figure.layout, autosize: true };
    await Plotly.react("chart", figure.data, layout, { displaylogo: false, responsive: true });
  } else if (library === "vega") {
    // What the chart itself asks of the one who embeds it is not for it to say.
    await vegaEmbed("#chart", { ...figure, usermeta: {} }, { actions: false, ast: true, loader });
  } else {
    for (const name of ["CustomJS", "OpenURL"])
      modelOf(Bokeh, name).prototype.execute = () => undefined;
    // What the chart of another step had going on ends.
    for (const before of Bokeh.documents.splice(0)) before.clear();
    document.getElementById("chart")!.replaceChildren();
    await Bokeh.embed.embed_item(figure, "chart");
  }
}

close();
let drawn = 0;
addEventListener("message", ({ source, data }: MessageEvent<Message>) => {
  if (source !== parent.parent || !data.library) return;
  draw(data)
    .catch((error: unknown) => {
      const isScript = error instanceof EvalError;
      const why = isScript ? "a script of its own has a part in it, and is not run" : error;
      document.getElementById("chart")!.textContent =
        `${data.library} did not draw this chart: ${why}`;
    })
    .finally(() => {
      document.body.dataset["jtDrawn"] = String((drawn += 1));
    });
});
