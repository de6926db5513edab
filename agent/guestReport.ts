import { z } from "zod";
import type { GuestReport } from "../schema/hostlink.ts";
import type { GuestAnswers } from "./guest.ts";

/** A guest may say anything: every answer is checked, and one of a strange shape counts as none. */
const HostName = z.object({ "host-name": z.string() });
const OsInfo = z.object({
  id: z.string().default(""),
  name: z.string().default(""),
  version: z.string().default(""),
  "version-id": z.string().default(""),
  "kernel-release": z.string().default(""),
  machine: z.string().default(""),
});
const TimeZone = z.object({ zone: z.string().default(""), offset: z.int() });
const Interfaces = z.array(
  z.object({
    name: z.string(),
    "hardware-address": z.string().default(""),
    "ip-addresses": z
      .array(z.object({ "ip-address": z.string(), "ip-address-type": z.enum(["ipv4", "ipv6"]), prefix: z.int() }))
      .default([]),
  }),
);
const Info = z.object({ version: z.string() });

/** What a guest says counts for so much: the rest is cut off. */
const MOST_TEXT = 256;
const MOST_NICS = 64;
const LOOPBACK_MAC = "00:00:00:00:00:00";

const cut = (text: string) => text.slice(0, MOST_TEXT);

/** The answers of a qemu guest agent as the engine wants them. */
export function parseGuest(answers: GuestAnswers): GuestReport {
  const info = Info.safeParse(answers.info).data;
  return {
    hostname: cutOrNull(HostName.safeParse(answers.hostname).data?.["host-name"]),
    os: parseOs(answers.os),
    timeZone: parseTimeZone(answers.timeZone),
    nics: parseInterfaces(answers.interfaces),
    applications: info ? [`qemu-guest-agent-${cut(info.version)}`] : [],
  };
}

const cutOrNull = (text: string | undefined) => (text ? cut(text) : null);

function parseOs(answer: unknown): GuestReport["os"] {
  const os = OsInfo.safeParse(answer).data;
  if (!os) return null;
  return {
    family: os.id === "mswindows" ? "Windows" : "Linux",
    distribution: cut(os.name),
    version: cut(os["version-id"] || os.version),
    // Debian and Ubuntu say "12 (bookworm)"
    codename: cut(/\(([^)]+)\)/.exec(os.version)?.[1] ?? ""),
    kernel: cut(os["kernel-release"]),
    architecture: cut(os.machine),
  };
}

const two = (value: number) => String(value).padStart(2, "0");

function parseTimeZone(answer: unknown): GuestReport["timeZone"] {
  const zone = TimeZone.safeParse(answer).data;
  if (!zone) return null;
  const minutes = Math.round(Math.abs(zone.offset) / 60);
  return { name: cut(zone.zone), utcOffset: `${zone.offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}` };
}

function parseInterfaces(answer: unknown): GuestReport["nics"] {
  return (Interfaces.safeParse(answer).data ?? [])
    .filter((nic) => nic.name !== "lo" && nic["hardware-address"] !== LOOPBACK_MAC)
    .slice(0, MOST_NICS)
    .map((nic) => ({
      name: cut(nic.name),
      mac: cut(nic["hardware-address"]),
      addresses: nic["ip-addresses"].slice(0, MOST_NICS).map((ip) => ({
        address: cut(ip["ip-address"]),
        version: ip["ip-address-type"] === "ipv4" ? ("V4" as const) : ("V6" as const),
        prefix: ip.prefix,
      })),
    }));
}
