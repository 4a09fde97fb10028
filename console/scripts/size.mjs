// Fails when a view that may open first needs more than its budget: the page, its entry with all that it imports at
// once, the view, the words of either language, their styles, and the fonts of their text.
import { readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 250_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const VIEWS = {
  overview: ["src/overview/page.tsx"],
  orders: ["src/orders/list/page.tsx"],
};
/** The words of each language. */
const LANGUAGES = { en: "src/i18n/en/index.ts", vi: "src/i18n/vi/index.ts" };
/** Comes when the text can be read already, in another font. */
const SWAPPED = /-vietnamese-/;
const FONTS = /\.woff2$/;
/** Pictures come when the figures beside them can be read. */
const AFTERWARDS = "src/overview/plot/canvas.tsx";

let isOver = false;
for (const [view, key] of Object.entries(VIEWS)) {
  for (const [language, words] of Object.entries(LANGUAGES)) {
    const files = [...filesOf(["index.html", words, ...key])].filter((file) => !SWAPPED.test(file));
    const total = report(files, `${view} (${language}), of ${BUDGET}`);
    isOver ||= total > BUDGET;
  }
}
const before = filesOf(VIEWS.overview);
report(
  [...filesOf([AFTERWARDS])].filter((file) => !before.has(file)),
  "plots, afterwards",
);
if (isOver) {
  console.error("A first view is over its budget.");
  process.exit(1);
}

function report(files, title) {
  const rows = files.map((file) => [file, sizeOf(file)]).sort((a, b) => b[1] - a[1]);
  const total = rows.reduce((sum, [, bytes]) => sum + bytes, 0);
  for (const [file, bytes] of rows) console.log(`${String(bytes).padStart(8)}  ${file}`);
  console.log(`${String(total).padStart(8)}  ${title}\n`);
  return total;
}

function filesOf(keys) {
  const files = new Set(["index.html"]);
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk) {
      throw new Error(`no ${key} in the manifest`);
    }
    if (files.has(chunk.file)) {
      return;
    }
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const asset of chunk.assets ?? []) if (FONTS.test(asset)) files.add(asset);
    for (const imported of chunk.imports ?? []) visit(imported);
  };
  keys.forEach(visit);
  return files;
}

function sizeOf(file) {
  const url = new URL(file, dist);
  // Fonts are compressed already.
  return file.endsWith(".woff2") ? statSync(url).size : gzipSync(readFileSync(url), { level: 9 }).length;
}
