/** One reason out of a coded error. */
export interface Reason {
  code: string;
  message: string;
  /** Input field or object it is about. */
  path?: string | null;
}

/** What the engine refused, or `OFFLINE` when it could not be asked. */
export class Failure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly reasons: readonly Reason[] = [],
  ) {
    super(message);
    this.name = "Failure";
  }
}

interface CodedError {
  message: string;
  extensions?: { code?: unknown; reasons?: unknown };
}

/** From the first error of a GraphQL answer. */
export function failureOf(errors: readonly CodedError[]): Failure {
  const [first] = errors;
  const code = typeof first?.extensions?.code === "string" ? first.extensions.code : "INTERNAL";
  const reasons = Array.isArray(first?.extensions?.reasons) ? (first.extensions.reasons as Reason[]) : [];
  return new Failure(code, first?.message ?? "The engine did not say why.", reasons);
}

export const offline = (): Failure => new Failure("OFFLINE", "The engine cannot be reached.");

export const isFailure = (error: unknown, code: string): boolean => error instanceof Failure && error.code === code;

export const failureFrom = (error: unknown): Failure => (error instanceof Failure ? error : new Failure("INTERNAL", String(error)));

/** What the engine has answered; where a field failed there is an error beside it, and this is not reached. Throws Failure. */
export function given<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Failure("INTERNAL", "The engine did not answer.");
  return value;
}

/** The reasons that say more than the failure itself, each after the field it is about. */
export function reasonsOf({ message, reasons }: Pick<Failure, "message" | "reasons">): string[] {
  return reasons
    .filter((reason) => reason.message !== message)
    .map((reason) => (reason.path ? `${reason.path.split(".").at(-1)}: ${reason.message}` : reason.message));
}
