/** `npm start [-- --port N --dir DIR]`: builds the dashboard where that is needed, and runs the engine in this process. */
import { ensureDashboard } from "../lab/demo/dashboard.ts";

// Standard output is the ready line's.
await ensureDashboard((line) => console.error(line));
await import("../src/main.ts");
