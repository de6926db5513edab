import { parseArgs } from "node:util";
import { simulate } from "./simulate.ts";

const USAGE = `Simulated hosts for an engine.
  node lab/simulated/main.ts --graphql http://127.0.0.1:4000 --user admin@internal --password P --hosts N --vms N
    --hosts N      hosts (default 2)          --vms N       VMs to run per host (default 0)
    --dir DIR      keeps identities (default .overt/simulated)
    --cluster NAME cluster for new hosts      --engine URL  host link, when not the one the engine tells
OVERT_PASSWORD may stand for --password.`;

const { values } = parseArgs({
  options: {
    graphql: { type: "string" },
    user: { type: "string", default: "admin@internal" },
    password: { type: "string", default: process.env["OVERT_PASSWORD"] ?? "" },
    engine: { type: "string" },
    hosts: { type: "string", default: "2" },
    vms: { type: "string", default: "0" },
    dir: { type: "string", default: ".overt/simulated" },
    cluster: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const count = (text: string): number => (/^\d+$/.test(text) ? Number(text) : NaN);
const hosts = count(values.hosts);
const vms = count(values.vms);
if (values.help || Number.isNaN(hosts + vms)) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}

const simulation = await simulate({
  hosts,
  vms,
  dir: values.dir,
  say: (line) => console.error(line),
  ...(values.engine !== undefined && { engineUrl: values.engine }),
  ...(values.cluster !== undefined && { cluster: values.cluster }),
  ...(values.graphql !== undefined && { account: { url: values.graphql, user: values.user, password: values.password } }),
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
console.log(JSON.stringify({ ready: true, hosts: simulation.hosts.length }));

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => (simulation.stop(), process.exit(0)));
