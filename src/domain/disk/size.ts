import { invalid } from "../../errors.ts";

const MIB = 1024 ** 2;
const TIB = 1024 ** 4;
const SECTOR = 512;

/** 1 MiB to 8 TiB, whole sectors. Throws INVALID. */
export function checkSize(bytes: number, path: string): number {
  if (!Number.isSafeInteger(bytes) || bytes < MIB || bytes > 8 * TIB || bytes % SECTOR !== 0)
    throw invalid(path, `1 MiB to 8 TiB, a multiple of ${SECTOR} bytes.`, "RANGE");
  return bytes;
}
