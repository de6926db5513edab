import type { Fact } from "../noun/noun.ts";

/** Ends the first facts of an object. */
export const known = ({ id, comment }: { id: string; comment?: string }): Fact[] => [
  ["Comment", comment || undefined],
  ["ID", id],
];
export const FIRMWARE: Record<string, string> = {
  CLUSTER_DEFAULT: "As the cluster says",
  I440FX_SEA_BIOS: "i440FX, BIOS",
  Q35_SEA_BIOS: "Q35, BIOS",
  Q35_OVMF: "Q35, UEFI",
};
export const onOff = (on: boolean): string => (on ? "On" : "Off");
export const yesNo = (yes: boolean): string => (yes ? "Yes" : "No");
