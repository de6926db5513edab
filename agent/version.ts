/** Version of the agent, reported to the engine and by `--version`. */
export const AGENT_VERSION = "0.1.0";
