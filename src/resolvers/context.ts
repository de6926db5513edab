import { asOf, type Caller, type Viewer } from "../domain/access/caller.ts";
import type { Access } from "../domain/access/access.ts";
import type { Engine } from "../domain/engine.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import { viewOf } from "../domain/access/view.ts";
import type { CountRows } from "../domain/inventory/search/search.ts";
import { OvertError } from "../errors.ts";
import { createBudget, UNLIMITED, type Budget } from "./cost/budget.ts";
import { createLoaders, type Loaders } from "./loaders.ts";
import type { Moment } from "./moment.ts";

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
  /** Who asks; null before log-in, and for what is made for many. */
  readonly caller: Caller | null;
  /** His session. */
  readonly sessionId: string | null;
  /** What whoever reads the answer may; null before log-in. */
  readonly viewer: Viewer | null;
  /** What the viewer may see of the moment that all reads of this operation see: the newest at the first use. */
  readonly snapshot: Snapshot;
  /** The same moment with everything in it: to decide what somebody may, and for nothing that is answered. */
  readonly whole: Snapshot;
  /** Whether that is not the newest moment, but the one of an `asOf`. */
  readonly isPast: boolean;
  /** Moments of the fields of the root that have an `asOf`, by the name of each in the answer. */
  readonly moments: Map<string, Moment>;
  readonly loaders: Loaders;
  readonly budget: Budget;
  /** Of the client's end of the connection. */
  readonly address: string;
  readonly cookie: RefreshCookie | null;
  /** Later reads see the newest moment: for what a mutation answers about its own work. */
  repin(): void;
  /** Later reads are those of somebody who has just logged in. */
  become(caller: Caller): void;
}

interface Shared extends Pick<Context, "engine" | "access"> {
  /** The moment to read; the newest at the first use when absent. */
  snapshot?: Snapshot;
}
export interface ContextParts extends Shared, Pick<Context, "caller" | "address"> {
  cookie?: RefreshCookie;
  sessionId?: string | undefined;
}

/** Of an operation that somebody asked for. */
export const createContext = ({ caller, sessionId, address, cookie, ...shared }: ContextParts): Context =>
  assemble(shared, { caller, sessionId: sessionId ?? null, viewer: caller, address, cookie: cookie ?? null, budget: createBudget() });

/** Of a message that is made once for all who see the same: there is nobody in it who could be named. */
export const createSharedContext = ({ viewer, ...shared }: Shared & { viewer: Viewer }): Context =>
  assemble(shared, { caller: null, sessionId: null, viewer, address: "", cookie: null, budget: UNLIMITED });

function assemble(
  { engine, access, snapshot }: Shared,
  own: Pick<Context, "caller" | "sessionId" | "viewer" | "address" | "cookie" | "budget">,
): Context {
  let pinned = snapshot;
  let seen: Snapshot | undefined;
  let loaders: Loaders | undefined;
  let given = own.viewer;
  let viewer: Viewer | null | undefined;
  const whole = () => (pinned ??= engine.journal.snapshot());
  // With what he may at the moment that is read: a mutation may have changed it.
  const viewing = () => (viewer ??= given && "userId" in given ? asOf(whole(), given as Caller) : given);
  const repin = () => {
    pinned = undefined;
    viewer = undefined;
    seen = undefined;
    loaders = undefined;
  };
  // As a prototype: the server copies what is the context's own, and this is to stay one thing.
  const live: Omit<Context, "engine" | "access" | "caller" | "sessionId" | "address" | "cookie" | "budget"> = {
    get viewer() {
      return viewing();
    },
    get whole() {
      return whole();
    },
    get snapshot() {
      return (seen ??= viewOf(whole(), requireViewer({ viewer: viewing() })));
    },
    get loaders() {
      return (loaders ??= createLoaders(engine.database));
    },
    isPast: false,
    moments: new Map(),
    repin,
    become(caller) {
      given = caller;
      repin();
    },
  };
  const { caller, sessionId, address, cookie, budget } = own;
  return Object.assign(Object.create(live) as typeof live, { engine, access, caller, sessionId, address, cookie, budget });
}

/** How many rows of a kind there are for who asks: nothing is told of how many there are for others. */
export const countOf =
  (context: Context): CountRows =>
  (kind) =>
    context.viewer ? context.snapshot.count(kind) : 0;

export const unauthenticated = (): OvertError => new OvertError("UNAUTHENTICATED", "Log in first.");

/** Throws UNAUTHENTICATED. */
export function requireCaller({ caller }: Pick<Context, "caller">): Caller {
  if (!caller) throw unauthenticated();
  return caller;
}

/** For fields that tell what somebody may: they are rendered for others who may the same too. Throws UNAUTHENTICATED. */
export function requireViewer({ viewer }: Pick<Context, "viewer">): Viewer {
  if (!viewer) throw unauthenticated();
  return viewer;
}
