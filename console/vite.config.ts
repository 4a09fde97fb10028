import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { HttpProxy, Plugin } from "vite";
import { defineConfig } from "vitest/config";

const system = process.env.OMS_SYSTEM ?? "http://127.0.0.1:8000";

/** What the page asks the system for while Vite serves the page itself. */
const proxied = ["^/oms\\..*", "/console/session", "/console/sign-in", "/console/sign-out"];

/** Tests that need a browser's page. To make one takes longer than most tests do, so the others have none. */
const IN_A_PAGE = ["**/*.test.tsx", "src/api/action.test.ts", "src/lib/intents.test.ts"];

export default defineConfig({
  base: "/console/",
  resolve: { alias: { "~": new URL("./src", import.meta.url).pathname } },
  plugins: [react(), tailwindcss(), early()],
  server: {
    port: 5173,
    proxy: Object.fromEntries(proxied.map((path) => [path, { target: system, configure: atOnce }])),
  },
  build: {
    target: "es2023",
    // Every file is served by its own name under a policy without `data:` for fonts and scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
  },
  test: {
    testTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: "rules", environment: "node", include: ["src/**/*.test.ts"], exclude: IN_A_PAGE },
      },
      {
        extends: true,
        test: { name: "pages", environment: "happy-dom", include: IN_A_PAGE, setupFiles: ["test/setup.ts"] },
      },
    ],
  },
});

/** Node keeps the head of an answer until there is something of its body, for a quiet stream perhaps for ever. */
function atOnce(proxy: HttpProxy.ProxyServer): void {
  proxy.on("proxyRes", (_answer, _request, response) => setImmediate(() => response.flushHeaders()));
}

/**
 * The colours that a person chose must be there at the first paint. Inline script is forbidden and modules run too
 * late, so this is a small script of its own, in front of everything.
 */
function early(): Plugin {
  const source = `(function(){try{var t=localStorage.getItem("oms.theme");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch(e){}})();\n`;
  let file = "";
  return {
    name: "oms-early",
    apply: "build",
    generateBundle: {
      order: "pre",
      handler() {
        file = this.getFileName(this.emitFile({ type: "asset", name: "early.js", source }));
      },
    },
    transformIndexHtml: () =>
      file ? [{ tag: "script", attrs: { src: `/console/${file}` }, injectTo: "head-prepend" }] : [],
  };
}
