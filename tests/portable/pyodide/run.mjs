// Run a Python program in Pyodide. Folders of this machine are mounted for it: the checkout, and one that it may write to, as `/real`.
//     node run.mjs PYODIDE CHECKOUT REAL PROGRAM     PYODIDE is the folder of its npm package: nothing comes from anywhere else
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, checkout, real, program] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const python = await loadPyodide({ env: { HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1" } });
for (const [at, root] of [
  ["/checkout", checkout],
  ["/real", real],
]) {
  python.FS.mkdirTree(at);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, at);
}
try {
  await python.runPythonAsync(readFileSync(program, "utf8"), { filename: program });
} catch (error) {
  console.error(error.message); // not the error itself: Node shows the line of it, which is a megabyte
  process.exit(1);
}
