import type { PlacementChoice, Refusal } from "../command.ts";
import type { HostRules } from "./affinity.ts";
import { freeMemory, type Candidate, type Field } from "./candidate.ts";
import { HOST_FILTERS, PLATFORM_FILTERS, platformPasses, type Demand, type RefusalCode } from "./filters.ts";
import { DEFAULT_WEIGHTS, type Weights } from "../scheduling/weights.ts";
import { cpuShare, guestShare, rounded, scoreOf } from "./score.ts";

export interface PlacementRequest {
  demand: Demand;
  field: Field;
  /** Ids of hosts that are out of the question, e.g. the one a VM is to leave. */
  exclude?: readonly string[];
  /** What else is said of hosts, one by one. */
  hostRules?: HostRules;
  /** What makes one host better than another; as oVirt's even distribution when absent. */
  weights?: Weights;
}
interface PlacementRefusal extends Refusal {
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

/**
 * Chooses the host with the highest score of those that pass every filter; of equals the one with the first id. What
 * explains the choice costs far more than the choice, so it is computed when it is read.
 */
export function place(request: PlacementRequest): PlacementResult {
  let explained: Explanation | null = null;
  const explanation = () => (explained ??= explain(request));
  return {
    choice: best(request),
    get ranked() {
      return explanation().ranked;
    },
    get refusals() {
      return explanation().refusals;
    },
  };
}

/** The inner loop: the filters and scores of `explain`, by column. */
function best({ demand, field, exclude = [], hostRules = NO_RULES, weights = DEFAULT_WEIGHTS }: PlacementRequest): PlacementChoice | null {
  const { platform, free, threads, vcpus, vms, capacity } = field.columns;
  const suits = Uint8Array.from(field.platforms, (one) => Number(platformPasses(one, demand)));
  const excluded = new Set(exclude.map((id) => field.positions.get(id)));
  const { rules, wishes } = hostRules;
  const { memory: neededMemory, vcpus: neededVcpus } = demand;
  let found = -1;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < free.length; at++) {
    if (free[at]! < neededMemory || threads[at]! < neededVcpus || suits[platform[at]!] === 0) continue;
    const cpu = cpuShare(threads[at]!, vcpus[at]! + neededVcpus);
    const load = scoreOf(weights, cpu, (free[at]! - neededMemory) / capacity[at]!, guestShare(vms[at]!));
    const score = wishes.length > 0 ? load - penaltyOf(wishes, field.hosts[at]!.id) : load;
    if (score > bestScore && !excluded.has(at) && rules.every(({ admits }) => admits(field.hosts[at]!.id))) {
      found = at;
      bestScore = score;
    }
  }
  return found < 0 ? null : { hostId: field.hosts[found]!.id, score: rounded(bestScore) };
}

const NO_RULES: HostRules = { rules: [], wishes: [] };
const penaltyOf = (wishes: HostRules["wishes"], hostId: string): number =>
  wishes.reduce((sum, { admits, penalty }) => (admits(hostId) ? sum : sum + penalty), 0);

type Explanation = Pick<PlacementResult, "ranked" | "refusals">;

function explain(request: PlacementRequest): Explanation {
  const { demand, field } = request;
  const ranked: PlacementChoice[] = [];
  const refusals: PlacementRefusal[] = [];
  for (const host of field.hosts) {
    const its = refusalsOf(host, request);
    if (its.length > 0) refusals.push(...its);
    else {
      const memory = (freeMemory(host) - demand.memory) / host.capacity;
      const cpu = cpuShare(host.threads, host.load.vcpus + demand.vcpus);
      const load = scoreOf(request.weights ?? DEFAULT_WEIGHTS, cpu, memory, guestShare(host.load.vms));
      ranked.push({ hostId: host.id, score: load - penaltyOf(request.hostRules?.wishes ?? [], host.id) });
    }
  }
  // The sort is stable: equals stay in the order of ids.
  ranked.sort((a, b) => b.score - a.score);
  return { ranked: ranked.map(({ hostId, score }) => ({ hostId, score: rounded(score) })), refusals };
}

function refusalsOf(host: Candidate, { demand, exclude = [], hostRules = NO_RULES }: PlacementRequest): PlacementRefusal[] {
  const refusal = (code: RefusalCode, words: string): PlacementRefusal => ({
    hostId: host.id,
    code,
    message: `Host ${host.name} ${words}.`,
  });
  if (host.platform.clusterId !== demand.clusterId) return [refusal("OTHER_CLUSTER", "belongs to another cluster")];
  if (exclude.includes(host.id)) return [refusal("EXCLUDED", "is the one to be left, or was ruled out")];
  const ruled = hostRules.rules.filter(({ admits }) => !admits(host.id)).map(({ code, words }) => refusal(code, words));
  return [
    ...ruled,
    ...HOST_FILTERS.filter(({ passes }) => !passes(host, demand)).map(({ code, words }) => refusal(code, words(host, demand))),
    ...PLATFORM_FILTERS.filter(({ passes }) => !passes(host.platform, demand)).map(({ code, words }) =>
      refusal(code, words(host.platform, demand)),
    ),
  ];
}
