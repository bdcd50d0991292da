import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { environment: "jsdom", include: ["test/**/*.test.ts"], setupFiles: ["test/setup.ts"] },
  // As the bundler does for what may have a kernel.
  define: { SAVED: "false" },
  plugins: [
    {
      // As the bundler does: a style sheet is a text.
      name: "css-as-text",
      enforce: "pre",
      transform: (code, id) =>
        id.endsWith(".css")
          ? { code: `export default ${JSON.stringify(code)}`, map: null }
          : undefined,
    },
  ],
});
