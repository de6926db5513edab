// Preload (`node --import`) for programs that import the engine: its decorators need a compiler, which Node's own stripping of
// types is not. Everything else Node runs as it is. Compiled code is kept by its content, so the compiler is loaded only when
// something changed.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const engine = pathToFileURL(join(root, "src")).href + "/";
const cache = join(root, "node_modules", ".cache", "overt");
const rules = readFileSync(join(root, ".swcrc"), "utf8");
let compiler;

function compile(file, code) {
  compiler ??= createRequire(import.meta.url)("@swc/core");
  return compiler.transformSync(code, { ...JSON.parse(rules), filename: file, swcrc: false, configFile: false }).code;
}

function compiled(file) {
  const code = readFileSync(file, "utf8");
  const kept = join(cache, `${createHash("sha256").update(rules).update(file).update(code).digest("hex")}.js`);
  try {
    return readFileSync(kept, "utf8");
  } catch {
    const result = compile(file, code);
    keep(kept, result);
    return result;
  }
}

function keep(file, content) {
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, content);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A tree that this user cannot write: compiled anew at each start.
  }
}

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(engine) || !url.endsWith(".ts")) return nextLoad(url, context);
    return { format: "module", source: compiled(fileURLToPath(url)), shortCircuit: true };
  },
});
