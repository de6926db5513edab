import type { GuestReport, HostEvent, VmReport } from "../schema/hostlink.ts";
import type { Libvirt } from "./libvirt/procedures.ts";
import type { LibvirtSession } from "./libvirt/session.ts";
import { parseGuest } from "./guestReport.ts";

interface GuestIntervals {
  /** ms between reads of a guest that has no address yet. */
  eagerMs: number;
  /** ms between reads of any other. */
  calmMs: number;
}
export interface GuestOptions {
  session: LibvirtSession;
  emit(event: HostEvent): void;
  intervals?: GuestIntervals;
}
export interface Guests {
  /** Every event of the host passes here: it says which guests can be asked. */
  observe(event: HostEvent): void;
  /** Tells every guest's report again at its next read. */
  forget(): void;
  close(): void;
}

const INTERVALS: GuestIntervals = { eagerMs: 5_000, calmMs: 60_000 };
/** A guest that says something else each time is told so often at once, and then once in so many reads. */
const TOLD_AT_ONCE = 10;
const READS_PER_TELLING = 12;
/** Seconds that libvirt waits for one answer of a guest agent. */
const COMMAND_SECONDS = 5;
/** Guests asked at the same time: each holds a worker of the daemon while it thinks. */
const AT_ONCE = 3;
const COMMANDS = {
  hostname: "guest-get-host-name",
  os: "guest-get-osinfo",
  timeZone: "guest-get-timezone",
  interfaces: "guest-network-get-interfaces",
  info: "guest-info",
} as const;
export type GuestAnswers = Partial<Record<keyof typeof COMMANDS, unknown>>;

/** Asks the guest agents what runs in the VMs, and tells it when it is new. */
export function createGuests({ session, emit, intervals = INTERVALS }: GuestOptions): Guests {
  const timers = new Map<string, NodeJS.Timeout>();
  const told = new Map<string, string>();
  /** Changes of each guest that may be told now. */
  const patience = new Map<string, number>();
  const inTurn = createTurns(AT_ONCE);

  const untrack = (vmId: string) => {
    clearTimeout(timers.get(vmId));
    timers.delete(vmId);
  };
  const schedule = (vmId: string, delay: number) => {
    clearTimeout(timers.get(vmId));
    const timer = setTimeout(() => {
      void inTurn(() => read(vmId, timer));
    }, delay);
    timers.set(vmId, timer);
  };
  const read = async (vmId: string, timer: NodeJS.Timeout) => {
    let guest: GuestReport | null = null;
    try {
      guest = parseGuest(await session.dedicated((libvirt) => ask(libvirt, vmId)));
    } catch {
      // A guest that boots, is paused or hangs: it will be asked again.
    }
    if (timers.get(vmId) !== timer) return; // gone, or asked anew, meanwhile
    const text = guest && JSON.stringify(guest);
    const left = Math.min(TOLD_AT_ONCE, (patience.get(vmId) ?? TOLD_AT_ONCE) + 1 / READS_PER_TELLING);
    patience.set(vmId, left);
    if (guest && text && told.get(vmId) !== text && left >= 1) {
      patience.set(vmId, left - 1);
      told.set(vmId, text);
      emit({ type: "vm.guest", vmId, guest });
    }
    schedule(vmId, guest?.nics.some((nic) => nic.addresses.length > 0) ? intervals.calmMs : intervals.eagerMs);
  };
  const track = (vm: VmReport) => {
    if (!vm.guestAgent || vm.incoming) untrack(vm.vmId);
    else if (!timers.has(vm.vmId)) schedule(vm.vmId, 0);
  };
  const gone = (vmId: string) => (untrack(vmId), told.delete(vmId), patience.delete(vmId));

  return {
    observe(event) {
      if (event.type === "vm.state") track(event.vm);
      if (event.type === "vm.gone") gone(event.vmId);
      if (event.type !== "host.truth") return;
      const there = new Set(event.vms.map((vm) => vm.vmId));
      for (const vmId of [...timers.keys(), ...told.keys()]) if (!there.has(vmId)) gone(vmId);
      event.vms.forEach(track);
    },
    forget: () => told.clear(),
    close: () => [...timers.keys()].forEach(untrack),
  };
}

async function ask(libvirt: Libvirt, vmId: string): Promise<GuestAnswers> {
  const domain = await libvirt.lookup(vmId);
  const answers: GuestAnswers = {};
  for (const [name, execute] of Object.entries(COMMANDS)) {
    const answer = await libvirt.agentCommand(domain, JSON.stringify({ execute }), COMMAND_SECONDS).catch((error: unknown) => {
      // Old agents lack some commands; one that lacks the first is not there.
      if (name === "hostname") throw error;
      return "{}";
    });
    answers[name as keyof typeof COMMANDS] = (JSON.parse(answer) as { return?: unknown }).return;
  }
  return answers;
}

/** At most `most` of the works given run at the same time. */
function createTurns(most: number): (work: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
