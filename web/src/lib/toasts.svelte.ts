import { Failure, reasonsOf } from "./failure.ts";

export interface Toast {
  id: number;
  kind: "failure" | "done";
  title: string;
  /** Of a failure. */
  code: string | null;
  reasons: readonly string[];
}
const MAX_SHOWN = 4;
const DONE_MS = 5_000;
const FAILURE_MS = 15_000;

let last = 0;
export const toasts = $state<{ shown: Toast[] }>({ shown: [] });

export function dismiss(id: number): void {
  toasts.shown = toasts.shown.filter((toast) => toast.id !== id);
}

function show(toast: Omit<Toast, "id">, lifeMs: number): void {
  const id = ++last;
  toasts.shown = [...toasts.shown, { ...toast, id }].slice(-MAX_SHOWN);
  setTimeout(() => dismiss(id), lifeMs);
}

export const toastDone = (title: string): void => show({ kind: "done", title, code: null, reasons: [] }, DONE_MS);

/** The banner tells of an engine that is away, and the log-in page of a session that ended: neither is told twice. */
export function toastFailure(error: unknown): void {
  const failure = error instanceof Failure ? error : new Failure("INTERNAL", String(error));
  if (failure.code === "UNAUTHENTICATED") return;
  show({ kind: "failure", title: failure.message, code: failure.code, reasons: reasonsOf(failure) }, FAILURE_MS);
}
