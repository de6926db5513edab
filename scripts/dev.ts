/** `npm run dev`: engine, ten simulated hosts and the dashboard, each reloading on change. Data is kept in .overt/dev. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { demoCredentials } from "../lab/demo/credentials.ts";

const DIR = ".overt/dev";
const children: ChildProcess[] = [];

function start(command: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
  children.push(child);
  return child;
}
const stop = () => {
  for (const child of children) child.kill("SIGTERM");
  process.exit(0);
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);

const engine = start("node", [
  "--watch-path=src",
  "--watch-path=schema",
  "--watch-preserve-output",
  "--import",
  "./scripts/typescript.mjs",
  "src/main.ts",
  "--dir",
  DIR,
]);
const dashboard = start("vite", ["--config", "web/vite.config.ts"], { OVERT_URL: "http://localhost:4000" });
dashboard.stdout?.pipe(process.stdout);

let simulating = false;
// The engine tells that it is ready again after each reload; the simulated hosts stay and connect anew.
createInterface({ input: engine.stdout! }).on("line", (line) => {
  if (!line.startsWith('{"ready"')) return console.log(line);
  const { url, user, password } = JSON.parse(line) as { url: string; user: string; password: string | null };
  void demoCredentials(DIR, { user, password }).then((credentials) => {
    console.log(`Engine at ${url}, dashboard at http://localhost:5173, log-in ${credentials.user} ${credentials.password}`);
    if (simulating) return;
    simulating = true;
    const options = ["--graphql", url, "--user", credentials.user, "--hosts", "10", "--vms", "5", "--dir", `${DIR}/simulated`];
    start("node", ["lab/simulated/main.ts", ...options], { OVERT_PASSWORD: credentials.password }).stdout?.pipe(process.stdout);
  });
});
