import { OvertError, type Reason } from "../../errors.ts";
import { snakeCase } from "./columns.ts";
import { capital, declarationOf } from "./declaration.ts";

/** What a verb says of the states of its object. */
interface StateRule {
  /** In which it is allowed; all when absent. */
  states?: readonly string[] | undefined;
  /** The rest of `so it cannot be ...`. */
  done: string;
  /** What to do instead, by state. */
  hints?: Readonly<Record<string, string>> | undefined;
}

/** Why an object's state forbids a verb (code `VM_STATUS_<status>`), or null when it does not. */
export function stateRefusal(kind: string, row: object, { states, done, hints }: StateRule): Reason | null {
  const { id, name, status } = row as { id: string; name?: string; status?: string };
  if (!states || status === undefined || states.includes(status)) return null;
  const { words, phrases } = declarationOf(kind);
  const hint = hints?.[status] === undefined ? "" : ` ${hints[status]}`;
  const message = `${capital(words)} ${name ?? id} ${phrases?.[status] ?? `is ${status}`}, so it cannot be ${done}.${hint}`;
  return { code: `${snakeCase(kind).toUpperCase()}_STATUS_${status}`, message, about: { kind, id } };
}

/** Throws NOT_ALLOWED_IN_STATE with the refusals as its reasons, if there are any. */
export function throwRefusals(refusals: readonly (Reason | null | undefined)[]): void {
  const reasons = refusals.filter((reason) => reason !== null && reason !== undefined);
  if (reasons[0]) throw new OvertError("NOT_ALLOWED_IN_STATE", reasons[0].message, reasons);
}

/** As a verb's own, for an object that is not its own: a NIC is added to a VM. Throws NOT_ALLOWED_IN_STATE. */
export const requireState = (kind: string, row: object, rule: StateRule): void => throwRefusals([stateRefusal(kind, row, rule)]);

/** Of an object that somebody has protected. */
export const protectedRefusal = ({
  id,
  name = id,
  deleteProtected,
}: {
  id: string;
  name?: string;
  deleteProtected?: boolean;
}): Reason | null => (deleteProtected ? { code: "DELETE_PROTECTED", message: `${name} is protected from removal.` } : null);
