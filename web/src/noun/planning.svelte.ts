import { untrack } from "svelte";
import { failureFrom, type Failure } from "../lib/failure.ts";
import { request } from "../lib/request.ts";
import type { DeedVariables, mutationOf, Payload, Plan } from "./documents.ts";

/** Somebody who types is not done yet. */
const PAUSE_MS = 200;
const NO_PLAN: Plan = { changes: [], refusals: [], placement: [], downtime: null };

/**
 * What a deed would do now, asked anew whenever `what` has changed; nothing is asked while that is null. To be called while
 * a component is made. Until the next plan is there the last one is kept.
 */
export function planning(document: ReturnType<typeof mutationOf>, what: () => Omit<DeedVariables, "mode"> | null) {
  const state = $state({ plan: null as Plan | null, failure: null as Failure | null, pending: true });
  // A text, so that an equal input is no reason to plan anew.
  const wanted = $derived(JSON.stringify(what()));
  let first = true;

  $effect(() => {
    const asked = JSON.parse(wanted) as Omit<DeedVariables, "mode"> | null;
    let ended = false;
    const ask = async () => {
      try {
        const { data } = await request(document, { ...asked, mode: "PLAN" });
        if (!ended) Object.assign(state, { plan: data.payload?.plan ?? NO_PLAN, failure: null, pending: false });
      } catch (error) {
        if (!ended) Object.assign(state, { plan: null, failure: failureFrom(error), pending: false });
      }
    };
    untrack(() => Object.assign(state, asked === null ? { plan: null, failure: null, pending: false } : { pending: true }));
    const pause = asked === null ? undefined : setTimeout(() => void ask(), first ? 0 : PAUSE_MS);
    first = false;
    return () => {
      ended = true;
      clearTimeout(pause);
    };
  });
  return state as Readonly<typeof state>;
}

/** The deed itself, as it was planned. Throws Failure. */
export async function apply(document: ReturnType<typeof mutationOf>, variables: Omit<DeedVariables, "mode">): Promise<Payload> {
  const { data } = await request(document, { ...variables, mode: "APPLY" });
  return data.payload ?? { job: null, plan: null, it: null };
}
