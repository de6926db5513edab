/** JSON lines on standard error. Never pass keys, tokens or whole messages. */
export type Log = (level: "info" | "warn" | "error", message: string, fields?: Record<string, unknown>) => void;

export const logToStderr: Log = (level, message, fields = {}) => {
  process.stderr.write(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }) + "\n");
};

export const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
