import type { Caller } from "../domain/access/caller.ts";
import type { Access } from "../domain/access/access.ts";
import type { Engine } from "../domain/engine.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import { OvertError } from "../errors.ts";
import { createLoaders, type Loaders } from "./loaders.ts";

/** The refresh token's cookie of a browser; null on a WebSocket, which cannot set one. */
export interface RefreshCookie {
  get(): string | null;
  set(token: string, expiresAt: Date): void;
  clear(): void;
}

/** What the resolvers of one operation share. */
export interface Context {
  readonly engine: Engine;
  readonly access: Access;
  /** Null before log-in. */
  readonly caller: Caller | null;
  /** The moment that all reads of this operation see: the newest at the first use. */
  readonly snapshot: Snapshot;
  readonly loaders: Loaders;
  /** Of the client's end of the connection. */
  readonly address: string;
  readonly cookie: RefreshCookie | null;
  /** Later reads see the newest moment: for what a mutation answers about its own work. */
  repin(): void;
}

export interface ContextParts extends Pick<Context, "engine" | "access" | "caller" | "address"> {
  cookie?: RefreshCookie;
  /** The moment to read; the newest at the first use when absent. */
  snapshot?: Snapshot;
}

export function createContext({ engine, access, caller, address, cookie, snapshot }: ContextParts): Context {
  let pinned = snapshot;
  let loaders: Loaders | undefined;
  return {
    engine,
    access,
    caller,
    address,
    cookie: cookie ?? null,
    get snapshot() {
      return (pinned ??= engine.journal.snapshot());
    },
    get loaders() {
      return (loaders ??= createLoaders(engine.database));
    },
    repin() {
      pinned = undefined;
      loaders = undefined;
    },
  };
}

export const unauthenticated = (): OvertError => new OvertError("UNAUTHENTICATED", "Log in first.");

/** Throws UNAUTHENTICATED. */
export function requireCaller({ caller }: Pick<Context, "caller">): Caller {
  if (!caller) throw unauthenticated();
  return caller;
}
