/** `npm start [-- --port N --dir DIR]`: builds the dashboard where that is needed, and runs the engine in this process. */
import { ensureDashboard } from "../lab/demo/dashboard.ts";

// Standard output is the ready line's.
await ensureDashboard((line) => console.error(line)).catch((error: unknown) => {
  console.error(`The dashboard cannot be built. ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
await import("../src/main.ts");
