import { EngineMethods } from "../../schema/hostlink.ts";
import { newCsr } from "./enroll.ts";
import type { Link } from "./link.ts";
import type { Identity } from "./wire.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;

/** Keeps an agent's identity, and renews its certificate over the live link. */
export interface Renewal {
  identity(): Identity;
  /** Renews at two thirds of the time until then. */
  schedule(expiresAt: number): void;
  stop(): void;
  renewNow(): Promise<void>;
}

export function createRenewal(first: Identity, link: () => Link, onIdentity: (identity: Identity) => void): Renewal {
  let identity = first;
  let timer: NodeJS.Timeout | undefined;
  const renewNow = async () => {
    const { csr, key } = await newCsr();
    const { certificate, ca } = EngineMethods.renew.result.parse(await link().request("renew", { csr }));
    identity = { hostId: identity.hostId, certificate, ca, key };
    onIdentity(identity);
    link().redial();
  };
  const stop = () => clearTimeout(timer);
  return {
    identity: () => identity,
    schedule(expiresAt) {
      stop();
      // A renewal that fails is tried again when the next link is up.
      timer = setTimeout(() => void renewNow().catch(() => {}), Math.min((2 * (expiresAt - Date.now())) / 3, MAX_TIMER_MS));
    },
    stop,
    renewNow,
  };
}
