// What is on screen as a file: a picture of a chart, or its numbers. Made in the page, with nobody asked.

import { h } from "./dom";
import { SvgContext, type Paint } from "./svg-context";
import { textButton } from "./toolbar";

/** A drawing that can be made on a canvas or as an SVG. */
export interface Picture {
  width: number;
  height: number;
  paint(ctx: Paint): void;
}
export type Row = (string | number)[];

/** Pixels of a PNG for one of the page. */
const SHARP = 2;

export function svgOf({ width, height, paint }: Picture): SVGSVGElement {
  const ctx = new SvgContext(width, height, document.createElement("canvas").getContext("2d"));
  paint(ctx);
  return ctx.element;
}

/** Rows as comma-separated values, as RFC 4180 has them. */
export const csvOf = (rows: Row[]): string =>
  rows
    .map((row) =>
      row
        .map((cell) =>
          /[",\r\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : cell,
        )
        .join(","),
    )
    .join("\r\n") + "\r\n";

function download(name: string, ending: string, data: Blob | string): void {
  const url = URL.createObjectURL(data instanceof Blob ? data : new Blob([data]));
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 100) || "chart";
  h("a", { href: url, download: `${safe}.${ending}` }).click();
  // The browser has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * The button that opens the three.
 * @param name what to call the file.
 */
export function saveMenu(
  name: () => string,
  picture: () => Picture,
  rows: () => Row[],
): HTMLElement {
  const asPng = (): void => {
    const { width, height, paint } = picture();
    const canvas = h("canvas", { width: width * SHARP, height: height * SHARP });
    const ctx = canvas.getContext("2d");
    if (!ctx) return;
    ctx.scale(SHARP, SHARP);
    paint(ctx);
    canvas.toBlob((blob) => blob && download(name(), "png", blob));
  };
  const asSvg = (): void =>
    download(name(), "svg", new XMLSerializer().serializeToString(svgOf(picture())));
  const asCsv = (): void => download(name(), "csv", csvOf(rows()));
  return h(
    "details",
    { class: "jt-save" },
    h("summary", {}, "save"),
    ...(
      [
        ["SVG", asSvg],
        ["PNG", asPng],
        ["CSV", asCsv],
      ] as const
    ).map(([label, save]) => textButton(label, save)),
  );
}
