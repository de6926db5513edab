import type { PlacementChoice, Refusal } from "../command.ts";
import type { Candidate, Platform } from "./candidate.ts";
import { HOST_FILTERS, hostPasses, PLATFORM_FILTERS, platformPasses, type Demand, type RefusalCode } from "./filters.ts";
import { scoreOf } from "./score.ts";

export interface PlacementRequest {
  demand: Demand;
  /** In the order of their ids: the first of equals is taken. */
  candidates: readonly Candidate[];
  /** Ids of hosts that are out of the question, e.g. the one a VM is to leave. */
  exclude?: readonly string[];
}
export interface PlacementRefusal extends Refusal {
  hostId: string;
  code: RefusalCode;
}
/** Each candidate is either ranked or refused, with every reason there is. */
export interface PlacementResult {
  choice: PlacementChoice | null;
  /** Best first; the choice is the first. */
  readonly ranked: readonly PlacementChoice[];
  readonly refusals: readonly PlacementRefusal[];
}

/** Chooses the host with the highest score of those that pass every filter. What explains it is computed when it is read. */
export function place(request: PlacementRequest): PlacementResult {
  const passing = passes(request);
  const once = <T>(compute: () => T) => {
    let value: T | undefined;
    return () => (value ??= compute());
  };
  const ranked = once(() => rank(request, passing));
  const refusals = once(() => request.candidates.filter((host) => !passing(host)).flatMap((host) => refusalsOf(host, request)));
  return {
    choice: best(request, passing),
    get ranked() {
      return ranked();
    },
    get refusals() {
      return refusals();
    },
  };
}

type Passes = (host: Candidate) => boolean;

function passes({ demand, exclude = [] }: PlacementRequest): Passes {
  const verdicts = new Map<Platform, boolean>();
  let last: Platform | null = null;
  let verdict = false;
  const suits = (platform: Platform) => {
    if (platform === last) return verdict;
    verdict = verdicts.get(platform) ?? platformPasses(platform, demand);
    verdicts.set(platform, verdict);
    last = platform;
    return verdict;
  };
  return (host) => hostPasses(host, demand) && suits(host.platform) && !exclude.includes(host.id);
}

function best({ demand, candidates }: PlacementRequest, passing: Passes): PlacementChoice | null {
  let found: Candidate | null = null;
  let score = Number.NEGATIVE_INFINITY;
  for (const host of candidates) {
    if (!passing(host)) continue;
    const its = scoreOf(host, demand);
    if (its > score) [found, score] = [host, its];
  }
  return found && { hostId: found.id, score };
}

// Array.sort is stable: equals stay in the order of ids.
const rank = ({ demand, candidates }: PlacementRequest, passing: Passes): PlacementChoice[] =>
  candidates
    .filter(passing)
    .map((host) => ({ hostId: host.id, score: scoreOf(host, demand) }))
    .sort((a, b) => b.score - a.score);

function refusalsOf(host: Candidate, { demand, exclude = [] }: PlacementRequest): PlacementRefusal[] {
  const refusal = (code: RefusalCode, words: string): PlacementRefusal => ({
    hostId: host.id,
    code,
    message: `Host ${host.name} ${words}.`,
  });
  if (host.platform.clusterId !== demand.clusterId) return [refusal("OTHER_CLUSTER", "belongs to another cluster")];
  if (exclude.includes(host.id)) return [refusal("EXCLUDED", "is the one to be left, or was ruled out")];
  return [
    ...HOST_FILTERS.filter((filter) => !filter.passes(host, demand)).map((filter) => refusal(filter.code, filter.words(host, demand))),
    ...PLATFORM_FILTERS.filter((filter) => !filter.passes(host.platform, demand)).map((filter) =>
      refusal(filter.code, filter.words(host.platform, demand)),
    ),
  ];
}
