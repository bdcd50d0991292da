// Bundles src/ into one ES module, jupyter_tracking/static/view.js. The live widget and the saved page use the same file.
import { context, build } from "esbuild";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const options = {
  absWorkingDir: here("."),
  entryPoints: ["src/index.ts"],
  outfile: here("../jupyter_tracking/static/view.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  // Non-ASCII stays escaped, so that no page's charset can spoil the bundle.
  charset: "ascii",
  legalComments: "none",
  loader: { ".css": "text" },
  logLevel: "info",
};

if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
