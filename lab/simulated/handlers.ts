import type { AgentMethod, AgentParams, AgentResult, NotificationParams } from "../../schema/hostlink.ts";

/** What a handler may use beside its parameters. */
export interface Execution {
  /** Fires when the engine cancels the call. */
  readonly signal: AbortSignal;
  progress(progress: Omit<NotificationParams<"progress">, "key">): void;
}
/** What a simulated agent does for each method; throws host errors. */
export type Handlers = {
  readonly [M in AgentMethod]: (params: AgentParams<M>, execution: Execution) => Promise<AgentResult<M>> | AgentResult<M>;
};
