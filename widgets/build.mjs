// Bundles src/ into jupyter_tracking/static/: view.js draws runs and their artifacts, many.js many runs at once, loader.js opens
// one of them in a widget, boot.js in a saved page, chart.js shuts the frame in which a chart's own library draws. A page that shows
// nothing but some kinds brings a smaller bundle in the place of view.js: parts.json says which renderers each of these has.
// lab/ below it is the extension of JupyterLab, as its server wants it: what a page loads when it begins, and beside it what draws.
import { build, context, transform } from "esbuild";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// A style sheet is a text in the bundle, without what only its readers here need; an empty one where it is not needed at all.
const sheets = (needed) => ({
  name: "sheets",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      if (needed && !needed.includes(basename(path))) return { contents: "", loader: "text" };
      const { code } = await transform(await readFile(path, "utf8"), {
        loader: "css",
        minify: true,
      });
      return { contents: code, loader: "text" };
    }),
});

/** The renderers that the pages of one artifact, or of some that are often shown together, need; what has none of its own is a file. */
const parts = {
  metric: ["metric", "file"],
  lines: ["metric", "curve", "file"],
  charts: ["metric", "curve", "histogram", "confusion", "file"],
  table: ["dataframe", "file"],
  media: ["image", "audio", "video", "file"],
  numbers: ["metric", "curve", "histogram", "confusion", "dataframe", "file"],
  pictures: ["metric", "curve", "histogram", "confusion", "image", "audio", "video", "file"],
  texts: ["text", "file"],
  documents: ["text", "markdown", "html", "trace", "file"],
};
/** The style sheets of each beside those of every page. */
const everywhere = ["base.css", "step-view.css", "paper.css"];
const dressed = {
  metric: ["charts.css"],
  lines: ["charts.css"],
  charts: ["charts.css", "confusion.css"],
  table: ["table.css"],
  media: ["media.css"],
  numbers: ["charts.css", "confusion.css", "table.css"],
  pictures: ["charts.css", "confusion.css", "media.css"],
  texts: ["text.css"],
  documents: ["text.css"],
};
const index = here("src/renderers/index.ts");

/** The registry of renderers without all others. */
const only = (stems) => ({
  name: "only",
  setup: ({ onLoad }) =>
    onLoad({ filter: /renderers.index\.ts$/ }, async ({ path }) => {
      if (path !== index) return null;
      const lines = (await readFile(path, "utf8")).split("\n");
      const [imported, listed] = [/^import \{ (\w+) \} from "\.\/\1";$/, /^  (\w+),$/];
      const kept = lines.filter((line) => {
        const stem = (imported.exec(line) ?? listed.exec(line))?.[1];
        return stem === undefined || stems.includes(stem);
      });
      return { contents: kept.join("\n"), loader: "ts" };
    }),
});

const common = {
  absWorkingDir: here("."),
  outdir: here("../jupyter_tracking/static"),
  bundle: true,
  target: "es2022",
  minify: true,
  // Non-ASCII stays escaped, so that no page's charset can spoil the bundle.
  charset: "ascii",
  // Whether a bundle is of pages that are only saved: what asks a kernel is not in it.
  define: { SAVED: "false" },
  legalComments: "none",
  plugins: [sheets()],
  logLevel: "info",
};
const jobs = [
  {
    ...common,
    entryPoints: { view: "src/index.ts", loader: "src/loader.ts" },
    format: "esm",
  },
  {
    ...common,
    entryPoints: { many: "src/many.ts" },
    format: "esm",
    plugins: [sheets([...everywhere, "many.css", "charts.css", "table.css"])],
  },
  {
    ...common,
    entryPoints: { boot: "src/export/boot.ts", chart: "src/renderers/chart-frame.ts" },
    format: "iife",
  },
  ...Object.entries(parts).map(([name, stems]) => ({
    ...common,
    entryPoints: { [name]: "src/export/saved-scene.ts" },
    format: "esm",
    define: { SAVED: "true" },
    plugins: [sheets([...everywhere, ...dressed[name]]), only(stems)],
  })),
];

for (const job of jobs) {
  if (process.argv.includes("--watch")) await (await context(job)).watch();
  else await build(job);
}
await writeFile(`${common.outdir}/parts.json`, `${JSON.stringify(parts)}\n`);

// Browsers keep the files of an extension, so that their names say what is in them; JupyterLab finds them by package.json.
const extension = here("../jupyter_tracking/static/lab");
await rm(extension, { recursive: true, force: true });
await mkdir(`${extension}/static`, { recursive: true });
const labJob = async (name, entry, more) => {
  const { metafile } = await build({
    ...common,
    ...more,
    outdir: `${extension}/static`,
    entryPoints: { [name]: entry },
    entryNames: "[name].[hash]",
    metafile: true,
  });
  return basename(Object.keys(metafile.outputs)[0]);
};
const views = await labJob("views", "src/lab/views.ts", { format: "esm" });
const load = await labJob("remoteEntry", "src/lab/entry.ts", {
  format: "iife",
  define: { ...common.define, VIEWS: JSON.stringify(views) },
});
for (const name of ["install.json", "schemas"])
  await cp(here(`lab/${name}`), `${extension}/${name}`, { recursive: true });
const described = JSON.parse(await readFile(here("lab/package.json"), "utf8"));
described.version = JSON.parse(await readFile(here("package.json"), "utf8")).version;
described.jupyterlab._build.load = `static/${load}`;
await writeFile(`${extension}/package.json`, `${JSON.stringify(described, null, 2)}\n`);
