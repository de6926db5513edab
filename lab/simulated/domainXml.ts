import { XMLParser } from "fast-xml-parser";
import { hostError } from "./errors.ts";

/** What a simulated hypervisor needs to know of a domain's XML. */
export interface Domain {
  name: string;
  /** What its users call it; the name where it has none. */
  title: string;
  uuid: string;
  /** Bytes. */
  memory: number;
  vcpus: number;
  macs: string[];
  /** Files of its disks; CD-ROMs are left out. */
  diskPaths: string[];
}

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "", textNodeName: "text", parseTagValue: false });
const UNITS: Record<string, number> = {
  b: 1,
  bytes: 1,
  KB: 1_000,
  KiB: 2 ** 10,
  k: 2 ** 10,
  MiB: 2 ** 20,
  M: 2 ** 20,
  GiB: 2 ** 30,
  G: 2 ** 30,
};

type Node = Record<string, unknown> | string | undefined;

/** Throws the host error INVALID when it is not a domain. */
export function readDomain(xml: string): Domain {
  const domain = parse(xml);
  const devices = child(domain, "devices");
  const memory = child(domain, "memory");
  return {
    name: text(child(domain, "name")),
    title: text(child(domain, "title")) || text(child(domain, "name")),
    uuid: text(child(domain, "uuid")),
    memory: Number(text(memory)) * (UNITS[attribute(memory, "unit") || "KiB"] ?? 1),
    vcpus: Number(text(child(domain, "vcpu")) || 1),
    macs: children(devices, "interface").map((nic) => attribute(child(nic, "mac"), "address").toLowerCase()),
    diskPaths: children(devices, "disk")
      .filter((disk) => (attribute(disk, "device") || "disk") === "disk")
      .map((disk) => attribute(child(disk, "source"), "file"))
      .filter((path) => path !== ""),
  };
}

function parse(xml: string): Node {
  let domain: Node;
  try {
    domain = (parser.parse(xml, true) as { domain?: Node }).domain;
  } catch (error) {
    throw hostError("INVALID", `The domain's XML cannot be read: ${String(error)}`);
  }
  if (text(child(domain, "name")) === "") throw hostError("INVALID", "The domain's XML has no name.");
  return domain;
}

function children(node: Node, name: string): Node[] {
  const found = child(node, name) as Node | Node[];
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}
const child = (node: Node, name: string): Node => (typeof node === "object" ? (node[name] as Node) : undefined);
const attribute = (node: Node, name: string): string => text(child(node, name));
const text = (node: Node): string => (typeof node === "object" ? String(node["text"] ?? "") : (node ?? ""));
