const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const UNKNOWN = "–";

/** Three significant digits, no trailing zeros: 1.5, 12.3, 128. */
const short = (value: number) => String(Number(value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)));
/** For what changes all the time: 1.5, 12, 128. */
const rough = (value: number) => String(Number(value.toFixed(value < 9.95 ? 1 : 0)));

function binary(value: number, digits: (value: number) => string): string {
  const top = BYTE_UNITS.length - 1;
  let exponent = Math.min(top, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  // 1023.9 KiB is written as a MiB, not as 1024 KiB.
  if (exponent < top && Number(digits(value / 1024 ** exponent)) >= 1024) exponent++;
  return `${digits(value / 1024 ** exponent)} ${BYTE_UNITS[exponent]}`;
}

/** 1610612736 -> `1.5 GiB`; a dash for what is not known. */
export const bytes = (value: number | null | undefined): string => (value === null || value === undefined ? UNKNOWN : binary(value, short));

/** Bytes per second. */
export const rate = (value: number | null | undefined): string =>
  value === null || value === undefined ? UNKNOWN : `${binary(value, rough)}/s`;

/** 12.34 -> `12 %`; below 10 with one digit. */
export const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? UNKNOWN : `${rough(value)} %`;

/** Bits per second of a link. */
export const linkSpeed = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return UNKNOWN;
  return value >= 999.5e6 ? `${short(value / 1e9)} Gbit/s` : `${short(value / 1e6)} Mbit/s`;
};

/** 1 -> `1 VM`, 2 -> `2 VMs`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** 93784 s -> `1 d 2 h`; the two largest units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** `just now`, `3 min ago`, `in 9 min`. */
export function relative(time: number, now: number): string {
  const seconds = (now - time) / 1_000;
  if (Math.abs(seconds) < 5) return "just now";
  const [largest] = duration(Math.abs(seconds)).split(/(?<=[a-z]) /);
  return seconds > 0 ? `${largest} ago` : `in ${largest}`;
}

const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
export const absolute = (time: number): string => ABSOLUTE.format(time);

/** POWERING_UP -> `Powering up`. */
export const words = (code: string): string => {
  if (code === "OK") return code;
  const lower = code.toLowerCase().replaceAll("_", " ");
  return lower.charAt(0).toUpperCase() + lower.slice(1);
};

export const vcpus = ({ sockets, cores, threads }: { sockets: number; cores: number; threads: number }): number =>
  sockets * cores * threads;

/** `4 (2 × 2 × 1)`: sockets, cores, threads. */
export const topology = (value: { sockets: number; cores: number; threads: number }): string =>
  `${vcpus(value)} (${counted(value.sockets, "socket")} × ${counted(value.cores, "core")} × ${counted(value.threads, "thread")})`;
