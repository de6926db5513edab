/** Minutes that clocks there are ahead of UTC, at a moment. */
export function utcOffset(timeZone: string, at: Date): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(at);
  const [, sign, hours, minutes] =
    /^GMT(?:([+-])(\d\d):(\d\d))?/u.exec(parts.find(({ type }) => type === "timeZoneName")?.value ?? "") ?? [];
  const ahead = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === "-" ? -ahead : ahead;
}

/** As +HH:MM. */
export function utcOffsetText(timeZone: string, at: Date): string {
  const minutes = utcOffset(timeZone, at);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}
