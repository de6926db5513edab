/** `npm run build`: what an installation needs beside the sources, the dashboard and the agent. */
import { ensureDashboard } from "../lab/demo/dashboard.ts";

await ensureDashboard(console.log);
await import("./buildAgent.ts");
