// Bundles src/ into jupyter_tracking/static/: view.js draws everything, loader.js opens it in a widget, boot.js in a saved page,
// chart.js shuts the frame in which a chart's own library draws.
import { build, context, transform } from "esbuild";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// A style sheet is a text in the bundle, without what only its readers here need.
const sheets = {
  name: "sheets",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), {
        loader: "css",
        minify: true,
      });
      return { contents: code, loader: "text" };
    }),
};

const common = {
  absWorkingDir: here("."),
  outdir: here("../jupyter_tracking/static"),
  bundle: true,
  target: "es2022",
  minify: true,
  // Non-ASCII stays escaped, so that no page's charset can spoil the bundle.
  charset: "ascii",
  legalComments: "none",
  plugins: [sheets],
  logLevel: "info",
};
const jobs = [
  { ...common, entryPoints: { view: "src/index.ts", loader: "src/loader.ts" }, format: "esm" },
  {
    ...common,
    entryPoints: { boot: "src/export/boot.ts", chart: "src/renderers/chart-frame.ts" },
    format: "iife",
  },
];

for (const job of jobs) {
  if (process.argv.includes("--watch")) await (await context(job)).watch();
  else await build(job);
}
