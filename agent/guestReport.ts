import { z } from "zod";
import type { GuestReport } from "../schema/hostlink.ts";
import { MOST_GUEST_ENTRIES, MOST_TEXT, MOST_WORD } from "../schema/hostlinkLimits.ts";
import { soundText } from "../schema/hostlinkText.ts";
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
const Ip = z.object({ "ip-address": z.string(), "ip-address-type": z.enum(["ipv4", "ipv6"]), prefix: z.int().min(0).max(128) });
const Interface = z.object({
  name: z.string(),
  "hardware-address": z.string().default(""),
  "ip-addresses": z.array(z.unknown()).default([]),
});
const Info = z.object({ version: z.string() });

/** A guest with more entries than this in a list of its own is looked at no further. */
const MOST_LOOKED_AT = 1_024;
const LOOPBACK_MAC = "00:00:00:00:00:00";
/** No place on Earth is further from UTC, in seconds. */
const FARTHEST_ZONE = 18 * 3_600;

const cut = (text: string) => soundText(text, MOST_TEXT);
const cutWord = (text: string) => soundText(text, MOST_WORD);
/** Those entries that have the right shape: a strange one does not spoil the others. */
const valid = <T>(shape: z.ZodType<T>, entries: unknown): T[] =>
  (Array.isArray(entries) ? entries.slice(0, MOST_LOOKED_AT) : []).flatMap((entry) => shape.safeParse(entry).data ?? []);

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

const cutOrNull = (text: string | undefined) => (text && cut(text)) || null;

function parseOs(answer: unknown): GuestReport["os"] {
  const os = OsInfo.safeParse(answer).data;
  if (!os) return null;
  return {
    family: os.id === "mswindows" ? "Windows" : "Linux",
    distribution: cut(os.name),
    version: cut(os["version-id"] || os.version),
    // Debian and Ubuntu say "12 (bookworm)"
    codename: /\(([^)]+)\)/.exec(cut(os.version))?.[1] ?? "",
    kernel: cut(os["kernel-release"]),
    architecture: cut(os.machine),
  };
}

const two = (value: number) => String(value).padStart(2, "0");

function parseTimeZone(answer: unknown): GuestReport["timeZone"] {
  const zone = TimeZone.safeParse(answer).data;
  if (!zone || Math.abs(zone.offset) > FARTHEST_ZONE) return null;
  const minutes = Math.round(Math.abs(zone.offset) / 60);
  return { name: cut(zone.zone), utcOffset: `${zone.offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}` };
}

function parseInterfaces(answer: unknown): GuestReport["nics"] {
  return valid(Interface, answer)
    .filter((nic) => nic.name !== "lo" && nic["hardware-address"] !== LOOPBACK_MAC)
    .slice(0, MOST_GUEST_ENTRIES.nics)
    .map((nic) => ({
      name: cut(nic.name),
      mac: cutWord(nic["hardware-address"]),
      addresses: valid(Ip, nic["ip-addresses"])
        .slice(0, MOST_GUEST_ENTRIES.addresses)
        .map((ip) => ({
          address: cutWord(ip["ip-address"]),
          version: ip["ip-address-type"] === "ipv4" ? ("V4" as const) : ("V6" as const),
          prefix: ip.prefix,
        })),
    }));
}
