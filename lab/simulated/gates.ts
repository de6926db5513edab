import type { AgentMethod } from "../../schema/hostlink.ts";

/** Where a call is held: before it does anything, or when it is done and only its answer is missing. */
export type GateStage = "before" | "after";

/** Holds the calls of one method until a spec says what becomes of them. */
export interface Gate {
  /** Calls held now. */
  readonly held: number;
  /** Resolves when `count` calls (default 1) have arrived here since the gate was set up. */
  reached(count?: number): Promise<void>;
  /** Lets all held calls go on, and later ones pass. */
  release(): void;
  /** The held calls are never answered (and with stage `before` never done); later ones pass. */
  drop(): void;
}

export interface Gates {
  holdCalls(method: AgentMethod, stage?: GateStage): Gate;
  /** Resolves when a call may go on: at once where no gate is set up. */
  pass(method: AgentMethod, stage: GateStage): Promise<void>;
}

interface OpenGate extends Gate {
  readonly method: AgentMethod;
  readonly stage: GateStage;
  hold(): Promise<void>;
}

export function createGates(): Gates {
  const gates = new Set<OpenGate>();
  return {
    holdCalls(method, stage = "after") {
      const gate = createGate(method, stage, () => gates.delete(gate));
      gates.add(gate);
      return gate;
    },
    async pass(method, stage) {
      for (const gate of gates) if (gate.method === method && gate.stage === stage) await gate.hold();
    },
  };
}

function createGate(method: AgentMethod, stage: GateStage, close: () => void): OpenGate {
  let waiting: (() => void)[] = [];
  let arrived = 0;
  let watchers: { count: number; resolve: () => void }[] = [];
  return {
    method,
    stage,
    get held() {
      return waiting.length;
    },
    hold() {
      arrived += 1;
      const passed = new Promise<void>((resolve) => waiting.push(resolve));
      for (const watcher of watchers.filter(({ count }) => count <= arrived)) watcher.resolve();
      watchers = watchers.filter(({ count }) => count > arrived);
      return passed;
    },
    reached: (count = 1) => (arrived >= count ? Promise.resolve() : new Promise((resolve) => watchers.push({ count, resolve }))),
    release() {
      close();
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    drop() {
      close();
      waiting = [];
    },
  };
}
