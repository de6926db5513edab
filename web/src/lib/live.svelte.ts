import { untrack } from "svelte";
import type { TadaDocumentNode } from "../graphql/graphql.ts";
import { Failure } from "./failure.ts";
import { follow } from "./follow.ts";
import { patiently } from "./patiently.ts";
import { toastFailure } from "./toasts.svelte.ts";

/** Any message of `changes` with nothing selected but where it stands. */
interface Nudge {
  cursor: string;
  gap: object | null;
}
export interface LiveSource<T> {
  /** Throws Failure. */
  load: () => Promise<{ value: T; asOf: string | null }>;
  /** Tells that what was read may be out of date. */
  nudges: TadaDocumentNode<{ message: Nudge }, { after?: string | null; ids?: string[] | null }>;
  /** Only changes of these; all that `nudges` asks for when absent. */
  ids?: (value: T) => string[];
  /** Changes that come within so many ms lead to one reading. */
  gatherMs?: number;
}
const GATHER_MS = 100;

/**
 * A value read from the engine, read again when something it is made of has changed. To be called while a component is
 * made; what `load` reads before its first await is reactive.
 */
export function live<T>({ load, nudges, ids, gatherMs = GATHER_MS }: LiveSource<T>) {
  const state = $state({ value: undefined as T | undefined, failure: null as Failure | null });
  let generation = 0;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  let followed = "";

  const followFrom = (after: string | null, value: T) => {
    const wanted = ids?.(value).toSorted() ?? null;
    const key = JSON.stringify(wanted);
    if (key === followed) return;
    stop();
    followed = key;
    stop = follow(nudges, { ids: wanted }, { after, next: refresh, gap: refresh });
  };
  const read = async () => {
    const mine = ++generation;
    try {
      const { value, asOf } = await patiently(load, () => mine === generation);
      if (mine !== generation) return;
      Object.assign(state, { value, failure: null });
      followFrom(asOf, value);
    } catch (error) {
      if (mine !== generation) return;
      if (state.value === undefined) state.failure = error instanceof Failure ? error : new Failure("INTERNAL", String(error));
      else toastFailure(error);
    }
  };
  const refresh = () => {
    gathering ??= setTimeout(() => {
      gathering = undefined;
      void untrack(read);
    }, gatherMs);
  };

  $effect(() => {
    void read();
    return () => {
      generation++;
      clearTimeout(gathering);
      gathering = undefined;
      stop();
      followed = "";
    };
  });

  return {
    /** Undefined until it was read for the first time. */
    get value() {
      return state.value;
    },
    /** Why it could not be read for the first time. */
    get failure() {
      return state.failure;
    },
    refresh,
  };
}
