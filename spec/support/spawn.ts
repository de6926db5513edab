import { existsSync } from "node:fs";

const SETPRIV = "/usr/bin/setpriv";

/** Program and arguments with which a child is killed when this process ends, however that ends: a killed run leaves nothing behind. */
export function withParent(program: string, args: readonly string[]): [string, string[]] {
  return existsSync(SETPRIV) ? [SETPRIV, ["--pdeathsig", "KILL", program, ...args]] : [program, [...args]];
}
