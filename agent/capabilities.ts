import { access, readFile } from "node:fs/promises";
import { cpus, hostname, release, totalmem } from "node:os";
import { XMLParser } from "fast-xml-parser";
import type { HostCapabilities } from "../schema/hostlink.ts";
import { VirError } from "./libvirt/connection.ts";
import type { Libvirt } from "./libvirt/procedures.ts";
import type { LibvirtSession } from "./libvirt/session.ts";
import { readNetwork } from "./nics.ts";
import { AGENT_VERSION } from "./version.ts";

type Attributes = Record<`@${string}`, string | undefined>;
type Text = string | ({ "#text"?: string } & Attributes);
interface HostXml {
  capabilities?: { host?: { uuid?: string; cpu?: CpuXml; topology?: { cells?: { cell?: CellXml[] } } }; guest?: GuestXml[] };
}
interface CpuXml {
  arch?: string;
  model?: string;
  vendor?: string;
  topology?: Attributes;
  feature?: Attributes[];
}
interface CellXml {
  "@id"?: string;
  memory?: Text;
  cpus?: { cpu?: Attributes[] };
}
interface GuestXml {
  arch?: Attributes & { machine?: Text[] };
}
interface DomainXml {
  domainCapabilities?: {
    os?: { loader?: unknown; enum?: { "@name"?: string; value?: string[] }[] };
    cpu?: { mode?: (Attributes & { model?: Text[] })[] };
  };
}

const LISTS = new Set(["guest", "machine", "feature", "cell", "cpu", "enum", "value", "mode", "model"]);
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  // `cpu` and `model` are lists in some places and single in others
  isArray: (name, path) =>
    LISTS.has(name) && path !== "capabilities.host.cpu" && path !== "capabilities.host.cpu.model" && path !== "domainCapabilities.cpu",
});
const text = (value: Text | undefined) => (typeof value === "string" ? value : (value?.["#text"] ?? ""));
const number = (value: string | undefined) => Number(value ?? 0);

/** What this host is and can do, read anew each time; while libvirt is away what it told last stands. */
export function createCapabilities(session: LibvirtSession, migrationUri: string | null): () => Promise<HostCapabilities> {
  let known: HostCapabilities | null = null;
  return async () => {
    if (session.available) known = await readCapabilities(session.libvirt(), migrationUri);
    else if (known) known = { ...known, ...(await readNetwork()) };
    return known ?? readCapabilities(null, migrationUri);
  };
}

/** With no libvirt (null) what the kernel tells is all there is. */
async function readCapabilities(libvirt: Libvirt | null, migrationUri: string | null): Promise<HostCapabilities> {
  const [network, os, productUuid] = await Promise.all([readNetwork(), osName(), read("/sys/class/dmi/id/product_uuid")]);
  const xml = libvirt ? (parser.parse(await unlessRefused(libvirt.capabilities(), "<capabilities/>")) as HostXml) : {};
  const { host = {}, guest = [] } = xml.capabilities ?? {};
  const architecture = host.cpu?.arch ?? process.arch.replace("x64", "x86_64").replace("arm64", "aarch64");
  const running = libvirt ? await abilities(libvirt, architecture) : { virtualization: "qemu" as const, cpuModels: [], uefi: false };
  return {
    hostname: hostname(),
    hardwareUuid: host.uuid ?? productUuid.toLowerCase(),
    cpu: describeCpu(host.cpu, architecture, await cpuMhz()),
    memory: totalmem(),
    numaNodes: numaNodes(host.topology?.cells?.cell ?? []),
    ...running,
    machineTypes: (guest.find(({ arch }) => arch?.["@name"] === architecture)?.arch?.machine ?? []).map(text),
    ...network,
    versions: {
      agent: AGENT_VERSION,
      libvirt: libvirt ? dotted(await unlessRefused(libvirt.libraryVersion(), 0)) : "",
      qemu: libvirt ? dotted(await unlessRefused(libvirt.hypervisorVersion(), 0)) : "",
      kernel: release(),
      os,
    },
    migrationUri: migrationUri ?? `qemu+tls://${hostname()}/system`,
  };
}

/** KVM where libvirt offers it and the device is there; otherwise qemu translates. */
async function abilities(libvirt: Libvirt, architecture: string): Promise<Pick<HostCapabilities, "virtualization" | "cpuModels" | "uefi">> {
  const kvm = await access("/dev/kvm").then(
    () => domainCapabilities(libvirt, architecture, "kvm"),
    () => null,
  );
  const found = kvm ?? (await domainCapabilities(libvirt, architecture, "qemu"));
  const models = found?.cpu?.mode?.find((mode) => mode["@name"] === "custom")?.model ?? [];
  return {
    virtualization: kvm ? "kvm" : "qemu",
    cpuModels: models.filter((model) => typeof model !== "string" && model["@usable"] === "yes").map(text),
    uefi: (found?.os?.enum ?? []).some((entry) => entry["@name"] === "firmware" && (entry.value ?? []).includes("efi")),
  };
}

async function domainCapabilities(
  libvirt: Libvirt,
  architecture: string,
  virtualization: string,
): Promise<DomainXml["domainCapabilities"] | null> {
  const xml = await unlessRefused(libvirt.domainCapabilities(architecture, virtualization), null);
  return xml === null ? null : ((parser.parse(xml) as DomainXml).domainCapabilities ?? null);
}

/** A host on which something is missing is described all the same: only a lost connection fails. */
async function unlessRefused<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof VirError) return otherwise;
    throw error;
  }
}

function describeCpu(cpu: CpuXml | undefined, architecture: string, mhz: number): HostCapabilities["cpu"] {
  const topology = cpu?.topology;
  return {
    model: cpu?.model ?? "",
    vendor: cpu?.vendor ?? "",
    features: (cpu?.feature ?? []).map((feature) => feature["@name"] ?? ""),
    sockets: number(topology?.["@sockets"]) || 1,
    cores: number(topology?.["@cores"]) * (number(topology?.["@dies"]) || 1) || cpus().length,
    threads: number(topology?.["@threads"]) || 1,
    speed: mhz,
    architecture,
  };
}

function numaNodes(cells: CellXml[]): HostCapabilities["numaNodes"] {
  return cells.map((cell) => ({
    index: number(cell["@id"]),
    memory: number(text(cell.memory)) * 1024,
    cpus: (cell.cpus?.cpu ?? []).map((cpu) => number(cpu["@id"])),
  }));
}

/** 7002001 -> 7.2.1 */
const dotted = (version: number) => [Math.floor(version / 1e6), Math.floor(version / 1e3) % 1e3, version % 1e3].join(".");
const read = async (path: string) => (await readFile(path, "utf8").catch(() => "")).trim();
const cpuMhz = async () => Number(/^cpu MHz\s*: ([\d.]+)$/m.exec(await read("/proc/cpuinfo"))?.[1] ?? 0);
const osName = async () => /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(await read("/etc/os-release"))?.[1] ?? "Linux";
