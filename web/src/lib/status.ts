export type Tone = "ok" | "busy" | "warn" | "bad" | "idle";

const TONES: Record<Exclude<Tone, "idle">, readonly string[]> = {
  ok: ["UP", "OK", "ACTIVE", "FINISHED"],
  busy: [
    "POWERING_UP",
    "MIGRATING",
    "WAIT_FOR_LAUNCH",
    "REBOOT_IN_PROGRESS",
    "SAVING_STATE",
    "RESTORING_STATE",
    "POWERING_DOWN",
    "IMAGE_LOCKED",
    "LOCKED",
    "INITIALIZING",
    "INSTALLING",
    "PREPARING_FOR_MAINTENANCE",
    "STARTED",
  ],
  warn: ["PAUSED", "CONNECTING", "UNASSIGNED", "NOT_RESPONDING", "ABORTED", "WARNING"],
  bad: ["UNKNOWN", "NON_RESPONSIVE", "NON_OPERATIONAL", "INSTALL_FAILED", "ILLEGAL", "FAILED", "ERROR", "ALERT"],
};

/** How a state of anything is to be coloured; states in which nothing happens are `idle`. */
export function toneOf(status: string): Tone {
  const found = Object.entries(TONES).find(([, states]) => states.includes(status));
  return (found?.[0] as Tone | undefined) ?? "idle";
}

/** Order of the states in a summary: what works first, then what moves, then what is wrong. */
const ORDER: readonly Tone[] = ["ok", "busy", "idle", "warn", "bad"];
export const byTone = (a: string, b: string): number => ORDER.indexOf(toneOf(a)) - ORDER.indexOf(toneOf(b));
