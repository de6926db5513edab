import { invalid } from "../../errors.ts";

const ADDRESS = /^[A-Za-z0-9.:_-]{1,255}$/;

/** Throws INVALID for what is neither a host name nor an IP address. */
export function checkAddress(address: string, path: string): string {
  if (!ADDRESS.test(address)) throw invalid(path, "A host name or an IP address.");
  return address;
}
