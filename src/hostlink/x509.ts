// The library injects by decorators and looks for a browser's `crypto`: both are given to it here, once, before first use.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto);

/** The one kind of key on the host link: ECDSA on P-256 with SHA-256. */
export const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export type KeyPair = Awaited<ReturnType<typeof newKeys>>;
export const newKeys = () => webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);

/** The private key as PKCS #8 PEM. */
export async function privateKeyPem(keys: KeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
}

/** Reads what `privateKeyPem` wrote. */
export const privateKeyFromPem = (pem: string) =>
  webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), KEY_ALGORITHM, false, ["sign"]);

export { x509 };
