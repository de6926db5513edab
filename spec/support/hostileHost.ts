import { randomUUID } from "node:crypto";
import type { Hello, HostEvent, NumberedEvent, VmReport } from "../../schema/hostlink.ts";
import { enrollSimulated } from "../../lab/simulated/enroll.ts";
import type { Identity } from "../../lab/simulated/wire.ts";
import { hello, rawLink, request, type RawLink } from "./hostlinkDial.ts";
import type { WholeEngine } from "./wholeEngine.ts";

type Answer = { result?: any; error?: { code: number; message: string; data?: { code: string } } };

/** A host of the whole engine that says whatever a spec lets it say. */
export interface HostileHost {
  readonly hostId: string;
  readonly name: string;
  /** That of its last dial. */
  identity: Identity;
  /** Its last. */
  link: RawLink;
  /** What it answers to `host.vms`, unless it is null. */
  runs: VmReport[] | null;
  /** How often it was asked for its VMs. */
  readonly asked: number;
  /** What it answers to all else, by name; to what is not there, not at all. */
  readonly answers: Map<string, Answer>;
  /** Asks the engine; resolves with its answer. */
  ask(method: string, params: unknown): Promise<Answer>;
  /** Sends events with the next numbers; resolves with the engine's answer. */
  tell(...events: HostEvent[]): Promise<Answer>;
  notify(method: string, params: unknown): void;
  /** Dials anew, also with another identity, and says hello; it is the same agent process. */
  dial(overrides?: Partial<Hello>, identity?: Identity): Promise<Answer>;
}

export interface HostileOptions {
  clusterId?: string;
  name?: string;
  /** As the administrator recorded it. */
  address?: string;
  hello?: Partial<Hello>;
}

let hosts = 0;

/** Adds a host, enrols it, dials and says hello. */
export async function startHostileHost(whole: WholeEngine, options: HostileOptions = {}): Promise<HostileHost> {
  const { name = `raw${++hosts}`, clusterId = whole.clusterId, address = `${name}.example` } = options;
  const { addHost } = await whole.client.query<any>(
    `mutation ($input: AddHostInput!) { addHost(input: $input) { enrollment { token fingerprint url } } }`,
    { input: { name, address, clusterId } },
  );
  const { token, fingerprint, url } = addHost.enrollment;
  const identity = await enrollSimulated({ engineUrl: url, token, fingerprint });
  return connect(url, name, identity, options.hello);
}

async function connect(url: string, name: string, first: Identity, overrides: Partial<Hello> = {}): Promise<HostileHost> {
  const incarnation = randomUUID();
  const waiting = new Map<number, (answer: Answer) => void>();
  let [requests, seq, asked] = [0, 0, 0];
  const host: HostileHost = {
    hostId: first.hostId,
    name,
    identity: first,
    link: undefined as unknown as RawLink,
    runs: overrides.vms ?? [],
    get asked() {
      return asked;
    },
    answers: new Map(),
    ask(method: string, params: unknown): Promise<Answer> {
      const id = ++requests;
      const answer = new Promise<Answer>((resolve) => waiting.set(id, resolve));
      host.link.send(request(id, method, params));
      return answer;
    },
    tell: (...events: HostEvent[]) =>
      host.ask("events", { events: events.map((event): NumberedEvent => ({ seq: ++seq, at: Date.now(), event })) }),
    notify: (method: string, params: unknown) => host.link.send({ jsonrpc: "2.0", method, params }),
    async dial(more: Partial<Hello> = {}, identity: Identity = host.identity): Promise<Answer> {
      host.identity = identity;
      host.link = await rawLink(url, identity);
      host.link.socket.on("message", (data) => receive(JSON.parse(String(data))));
      return host.ask("hello", hello(host.hostId, { incarnation, ...more }));
    },
  };
  const receive = (message: Answer & { id: number; method?: string }) => {
    if (message.method === undefined) return waiting.get(message.id)?.(message);
    const answer = message.method === "host.vms" && host.runs ? { result: { vms: host.runs } } : host.answers.get(message.method);
    if (message.method === "host.vms") asked += 1;
    if (answer) host.link.send({ jsonrpc: "2.0", id: message.id, ...answer });
  };
  const welcome = await host.dial(overrides);
  if (welcome.error) throw new Error(welcome.error.message);
  return host;
}

/** A VM as the host on which it runs reports it. */
export const running = (vmId: string, patch: Partial<VmReport> = {}): VmReport => ({
  vmId,
  name: `vm-${vmId.slice(0, 8)}`,
  state: "RUNNING",
  pauseReason: null,
  incoming: false,
  guestAgent: true,
  startedAt: Date.now(),
  display: null,
  ...patch,
});

/** A cluster in a data center of its own. */
export async function addForeignCluster({ client }: WholeEngine): Promise<string> {
  const { addDataCenter } = await client.query<any>(`mutation { addDataCenter(input: { name: "elsewhere" }) { dataCenter { id } } }`);
  const { addCluster } = await client.query<any>(`mutation ($input: AddClusterInput!) { addCluster(input: $input) { cluster { id } } }`, {
    input: { name: "elsewhere", dataCenterId: addDataCenter.dataCenter.id },
  });
  return addCluster.cluster.id;
}
