// A folder of JavaScript or TypeScript to a module that imports nothing but `log`. Run by the kit, in the folder of its
// tools, with a request as its argument; writes `plugin.wasm` and `verdict.json` into the folder that the request names.
//
// Reads nothing of the plugin but src/ and vendor/. What it promises: what a plugin must not reach for is refused with
// its place in the source, as far as the source shows it; `seal.js` of the SDK sees to the rest.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, relative } from "node:path";

const { folder, entry, sdk, about, wit, checked, forbidden: rules, work } = JSON.parse(process.argv.at(-1));
const { forbidden, modules, otherwise } = await import(`data:text/javascript,${encodeURIComponent(rules)}`);
const LOG = "landfall:stage/host@1.0.0";
const MARK = "LANDFALL_FORBIDDEN_";
const PLACES = "@landfall-places@";

async function judged() {
  const bundle = await bundled();
  if (bundle.problems) return bundle;
  const problems = await reachedFor(bundle);
  if (problems.length > 0) return { problems };
  const types = checked ? typeErrors() : [];
  if (types.length > 0) return { problems: types };
  // A function, so that `$` in a name means nothing.
  return await componentized(bundle, bundle.code.replace(JSON.stringify(PLACES), () => JSON.stringify(places(bundle))));
}

/** One module, and the map from it to its sources. */
async function bundled() {
  const { build } = await import("esbuild");
  const contents = [
    `import { reached } from ${JSON.stringify(`${sdk}/sealed.js`)};`,
    `import { log } from ${JSON.stringify(LOG)};`,
    `import { guest as guestOf } from ${JSON.stringify(`${sdk}/guest.js`)};`,
    `import { placed } from ${JSON.stringify(`${sdk}/placed.js`)};`,
    `import plugin from ${JSON.stringify(entry)};`,
    `export const guest = guestOf(plugin, ${JSON.stringify(about)}, log, reached, placed(${JSON.stringify(PLACES)}));`,
  ];
  try {
    const result = await build({
      absWorkingDir: folder,
      bundle: true,
      charset: "utf8",
      define: Object.fromEntries(Object.keys(forbidden).flatMap(marks)),
      format: "esm",
      legalComments: "none",
      loader: { ".txt": "text" },
      logLevel: "silent",
      mainFields: ["module", "main"],
      metafile: true,
      outdir: work,
      platform: "neutral",
      plugins: [{ name: "landfall", setup: resolving }],
      preserveSymlinks: true,
      sourcemap: "external",
      stdin: { contents: contents.join("\n"), resolveDir: folder, sourcefile: "landfall" },
      target: "es2022",
      write: false,
    });
    const text = (ending) => result.outputFiles.find(({ path }) => path.endsWith(ending)).text;
    const outside = Object.keys(result.metafile.inputs).filter((path) => !/^(src|vendor)\//.test(path) && path !== "landfall");
    if (outside.length > 0) return { problems: outside.map(foreign) };
    const map = JSON.parse(text(".js.map"));
    const sources = map.sources.map((source) => relative(folder, join(work, source)));
    return { code: text(".js"), sources, texts: map.sourcesContent, lines: decoded(map.mappings) };
  } catch (error) {
    if (!Array.isArray(error?.errors)) throw error;
    return { problems: error.errors.map(told) };
  }
}

const marks = (name) => [name, `globalThis.${name}`].map((key) => [key, MARK + name.replace(".", "$")]);

/** Modules of a machine are no plugin's; nor is anything that is loaded while it runs. */
function resolving(build) {
  build.onResolve({ filter: /.*/ }, ({ path, kind }) => {
    if (path === LOG) return { external: true };
    const name = path.replace(/^node:/, "");
    if (kind === "dynamic-import") {
      return refused(`\`import(…)\`: a plugin is one module: import \`${path}\` at the head of the file`);
    }
    if (path.startsWith("node:") || isBuiltin(path)) {
      return refused(`\`${path}\`: ${modules[name.split("/")[0]] ?? otherwise}`);
    }
    return undefined;
  });
}

const refused = (text) => ({ errors: [{ text }] });

const foreign = (path) => ({
  file: path,
  message: "it lies outside src/ and vendor/, and a build reads nothing else",
  help: "move it to src/, or a copy of somebody else's to vendor/",
});

/** What esbuild says; a column of its counts bytes from 0. */
function told({ text, location }) {
  if (location === null || location.file === "landfall") {
    const help = "write `export default plugin({…})`";
    if (text.includes('"default"')) return { file: entry, message: "it exports no plugin", help };
    return { file: entry, message: lowered(text) };
  }
  const column = Buffer.from(location.lineText).subarray(0, location.column).toString().length + 1;
  const unresolved = /^Could not resolve "([^"]*)"/.exec(text)?.[1];
  const help = unresolved === undefined ? undefined : helpOn(unresolved);
  return { file: location.file, line: location.line, column, message: lowered(text), help };
}

const helpOn = (path) => {
  if (path.startsWith(".")) return "name a file under src/ or vendor/, with its ending";
  if (path.startsWith("#")) return "the SDK is imported as `#landfall`, which `imports` in package.json leads to vendor/";
  return "there are no packages here: put a copy under vendor/, and import it by its path";
};

const lowered = (text) => text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, "");

/** Every forbidden name that is free in the source, at its place; and code that is loaded at run time. */
async function reachedFor(bundle) {
  const { init, parse } = await import("es-module-lexer");
  await init;
  const found = [];
  for (const { index, 0: mark } of bundle.code.matchAll(/LANDFALL_FORBIDDEN_[\w$]+/g)) {
    const name = mark.slice(MARK.length).replace("$", ".");
    found.push({ index, why: forbidden[name], name });
  }
  for (const { d, ss } of parse(bundle.code)[0]) {
    const what = d === -2 ? "import.meta" : "import(…)";
    if (d !== -1) found.push({ index: ss, why: "a plugin is one module, and knows of no other", name: what });
  }
  const problems = found.map(({ index, why, name }) => problem(bundle, index, why, name));
  const key = ({ file, line, column }) => `${file}:${line}:${column}`;
  const once = [...new Map(problems.map((each) => [key(each), each])).values()];
  const order = (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column);
  return once.sort(order);
}

function problem(bundle, index, why, name) {
  const before = bundle.code.slice(0, index);
  const line = before.split("\n").length;
  const at = origin(bundle, line, index - before.lastIndexOf("\n") - 1);
  if (at === undefined) return { file: entry, message: `\`${name}\`: ${why}` };
  const text = bundle.texts[at.source].split("\n")[at.line - 1] ?? "";
  const written = /^(?:new\s+)?(?:globalThis\.)?([\w$]+(?:\.[\w$]+)?)/.exec(text.slice(at.column - 1))?.[1];
  const whole = written?.startsWith(name) ? written : name;
  const offset = /^new\s+/.exec(text.slice(at.column - 1))?.[0].length ?? 0;
  const place = { file: bundle.sources[at.source], line: at.line, column: at.column + offset };
  return { ...place, message: `\`${whole}\`: ${why}` };
}

/** The place in a source of a place in the bundle: the last one that is mapped before it, on its line. */
function origin({ lines }, line, column) {
  const [, source, sourceLine, sourceColumn] = (lines[line - 1] ?? []).findLast(([at]) => at <= column) ?? [];
  return source === undefined ? undefined : { source, line: sourceLine + 1, column: sourceColumn + 1 };
}

/** A source map's mappings: of every line [column, source, line, column], each counted from 0. */
function decoded(mappings) {
  const state = [0, 0, 0, 0];
  return mappings.split(";").map((line) => {
    state[0] = 0;
    return line.split(",").filter(Boolean).map((segment) => {
      numbers(segment).forEach((number, at) => (state[at] += at < 4 ? number : 0));
      return [...state];
    });
  });
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function numbers(segment) {
  const found = [];
  let [number, shift] = [0, 0];
  for (const character of segment) {
    const digit = DIGITS.indexOf(character);
    number += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    found.push(number & 1 ? -(number >> 1) : number >> 1);
    [number, shift] = [0, 0];
  }
  return found;
}

/** Only of the plugin's own files, by line of the bundle: what an exception's message names its place by. */
function places({ lines, sources }) {
  const own = sources.map((source) => source.startsWith("src/"));
  const found = {};
  lines.forEach((segments, at) => {
    const kept = segments.filter(([, source]) => own[source]);
    if (kept.length > 0) found[at + 1] = kept;
  });
  return JSON.stringify({ sources, lines: found });
}

/** What the type checker says. */
function typeErrors() {
  const tsc = join(process.cwd(), "node_modules", "typescript", "bin", "tsc");
  const options = ["--noEmit", "--strict", "--pretty", "false", "--incremental", "false", "--composite", "false"];
  const ran = spawnSync(process.execPath, [tsc, "--project", folder, ...options], { cwd: folder, encoding: "utf8" });
  if (ran.error) throw ran.error;
  const problems = [];
  for (const line of `${ran.stdout}${ran.stderr}`.split("\n")) {
    const read = /^(.+)\((\d+),(\d+)\): error (TS\d+): (.*)$/.exec(line);
    const bare = /^error (TS\d+): (.*)$/.exec(line);
    if (read) {
      const [, file, at, column, code, text] = read;
      problems.push({ file, line: Number(at), column: Number(column), message: `${lowered(text)} (${code})` });
    } else if (bare) {
      problems.push({ file: "tsconfig.json", message: `${lowered(bare[2])} (${bare[1]})` });
    } else if (line.startsWith("  ") && problems.length > 0) {
      // Each line says more closely what the one before it says; the last is what is meant.
      problems.at(-1).closest = lowered(line.trim());
    }
  }
  if (problems.length === 0 && ran.status !== 0) throw new Error(`tsc ended with ${ran.status}: ${ran.stdout}${ran.stderr}`);
  return problems.map(({ closest, message, ...at }) => ({ ...at, message: closest ? `${message}: ${closest}` : message }));
}

/** Every feature off: what the module would import otherwise is stubbed, and never answered by a constant. */
async function componentized(bundle, code) {
  const { componentize } = await import("@bytecodealliance/componentize-js");
  const disableFeatures = ["stdio", "random", "clocks", "http", "fetch-event"];
  // It writes progress of its own to stdout, which nobody reads.
  try {
    const { component } = await componentize(code, { witWorld: wit, worldName: "stage", disableFeatures });
    writeFileSync(join(work, "plugin.wasm"), component);
    return {};
  } catch (error) {
    return { problems: [stopped(bundle, error)] };
  }
}

/** The plugin's module threw: its own words, at their place, and what it knows of the machine is left out. */
function stopped(bundle, error) {
  const said = String(error?.message ?? error);
  const read = /source\.js:(\d+):(\d+) (.*)/.exec(said);
  if (read === null) return { file: entry, message: `the module stops while it is loaded: ${said}` };
  const at = origin(bundle, Number(read[1]), Number(read[2]) - 1);
  const place = at && { file: bundle.sources[at.source], line: at.line, column: at.column };
  return { file: entry, ...place, message: `the module stops while it is loaded: ${read[3]}` };
}

const verdict = await judged();
writeFileSync(join(work, "verdict.json"), JSON.stringify(verdict));
