// Bundles src/ into jupyter_tracking/static/: view.js draws runs and their artifacts, many.js many runs at once, loader.js opens
// one of them in a widget, chart.js shuts the frame in which a chart's own library draws.
// The first saved view of a page has boot.js as it is, the others join.js, and each, of the scripts in parts.json, those that draw it and that
// none before it has: what all views need, what charts need, and one for each renderer.
// lab/ below it is the extension of JupyterLab, as its server wants it: what a page loads when it begins, and beside it what draws.
import { build, context, transform } from "esbuild";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// A style sheet is a text in the bundle, without what only its readers here need; an empty one where it is not needed at all.
const minified = async (path) =>
  (await transform(await readFile(path, "utf8"), { loader: "css", minify: true })).code;
const sheets = (needed) => ({
  name: "sheets",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const isNeeded = !needed || needed.includes(basename(path));
      return { contents: isNeeded ? await minified(path) : "", loader: "text" };
    }),
});

/** The style sheets of every page, and those that a renderer or a page of several artifacts needs beside them, with where they are. */
const everywhere = ["base.css", "step-view.css", "paper.css"];
const dressed = {
  audio: ["renderers/media"],
  chart: ["renderers/charts", "renderers/text"],
  confusion: ["renderers/charts", "renderers/confusion"],
  curve: ["renderers/charts"],
  dataframe: ["table/table"],
  histogram: ["renderers/charts"],
  html: ["renderers/text"],
  image: ["renderers/media"],
  markdown: ["renderers/text"],
  metric: ["renderers/charts"],
  text: ["renderers/text"],
  trace: ["renderers/text"],
  video: ["renderers/media"],
};
/** The renderers, as the registry lists them; that of files is in every page. */
const stems = [...(await readFile(here("src/renderers/index.ts"), "utf8")).matchAll(/^  (\w+),$/gm)]
  .map(([, stem]) => stem)
  .filter((stem) => stem !== "file");
const ofPages = {
  scene: [],
  browser: ["widgets/browser"],
  runs: ["widgets/browser", "table/table"],
};
/** What is put into one script although not every page that has it needs all: many small scripts take more than they save. */
const ofAll = ["../export/saved-scene", "../dom/toolbar"];
const ofCharts = [
  "./line-chart",
  "./overlay",
  "./thinned-lines",
  "./finer-points",
  "../model/smoothing",
];

/** The registry of renderers with that of files alone: the others register themselves, each in a script of its own. */
const alone = {
  name: "alone",
  setup: ({ onLoad, onResolve }) => {
    onLoad({ filter: /renderers.index\.ts$/ }, async ({ path }) => {
      const lines = (await readFile(path, "utf8")).split("\n");
      const [imported, listed] = [/^import \{ (\w+) \} from "\.\/\1";$/, /^  (\w+),$/];
      const kept = lines.filter((line) =>
        ["file", undefined].includes((imported.exec(line) ?? listed.exec(line))?.[1]),
      );
      return { contents: kept.join("\n"), loader: "ts" };
    });
    // Points that a kernel is asked for: a saved page has none.
    onLoad({ filter: /finer-points\.ts$/ }, () => ({ contents: "export class FinerPoints {}" }));
    onResolve({ filter: /^(part|sheet):/ }, ({ path }) => {
      const [namespace, name] = path.split(":");
      return { namespace, path: namespace === "sheet" ? here(`src/${name}.css`) : name };
    });
    onLoad({ filter: /./, namespace: "sheet" }, async ({ path }) => ({
      contents: await minified(path),
      loader: "text",
    }));
    onLoad({ filter: /./, namespace: "part" }, ({ path: name }) => {
      const sheets = dressed[name] ?? ofPages[name] ?? [];
      const isChart = sheets.includes("renderers/charts");
      const lines = [
        ...[...ofAll, ...(isChart ? ofCharts : [])].map((each) => `import "${each}";`),
        ...sheets.map((each, n) => `import sheet${n} from "sheet:${each}";`),
        'import { sheets } from "../dom/theme";',
        `Object.assign(sheets, { ${sheets.map((each, n) => `${basename(each)}: sheet${n}`).join(", ")} });`,
        name in ofPages
          ? `export { page } from "../export/saved-${name}";`
          : `import { renderers } from "./index"; import { ${name} } from "./${name}"; renderers.${name} = ${name};`,
      ];
      return { contents: lines.join("\n"), loader: "ts", resolveDir: here("src/renderers") };
    });
  },
};

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
    entryPoints: {
      boot: "src/export/boot.ts",
      join: "src/export/join.ts",
      chart: "src/renderers/chart-frame.ts",
    },
    format: "iife",
  },
];

for (const job of jobs) {
  if (process.argv.includes("--watch")) await (await context(job)).watch();
  else await build(job);
}

// Those of saved pages are made once, also where the others are watched.
/** The scripts of saved pages by their names, and of each thing that a page may need which scripts that are, those that others import first. */
const texts = {};
const parts = {};
const saved = async (entryPoints, more) => {
  const { metafile, outputFiles } = await build({
    ...common,
    ...more,
    define: { SAVED: "true" },
    entryPoints,
    entryNames: "[name]-[hash]",
    chunkNames: "[hash]",
    format: "esm",
    splitting: true,
    write: false,
    metafile: true,
  });
  const nameOf = (path) => basename(path, ".js");
  for (const { path, text } of outputFiles) texts[nameOf(path)] = text;
  const imported = Object.fromEntries(
    Object.entries(metafile.outputs).map(([path, { imports }]) => [
      nameOf(path),
      imports.map((each) => nameOf(each.path)),
    ]),
  );
  const inOrder = (name, found = []) => {
    for (const each of imported[name]) if (!found.includes(each)) inOrder(each, found);
    if (!found.includes(name)) found.push(name);
    return found;
  };
  for (const path of Object.keys(metafile.outputs)) {
    const [name, hash] = nameOf(path).split("-");
    if (hash) parts[name] = inOrder(nameOf(path));
  }
};
await saved({ start: "src/export/start.ts" }, {});
await saved(
  { many: "src/many.ts" },
  { plugins: [sheets([...everywhere, "many.css", "charts.css", "table.css"])] },
);
await saved(
  Object.fromEntries([...Object.keys(ofPages), ...stems].map((name) => [name, `part:${name}`])),
  { plugins: [alone, sheets(everywhere)] },
);
await writeFile(`${common.outdir}/parts.json`, `${JSON.stringify({ parts, texts })}\n`);

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
