import { ErrorCodes, ResponseError } from "vscode-jsonrpc/node";
import type { HostErrorCode, HostErrorData } from "../../schema/hostlink.ts";

/** An error as an agent answers it. */
export const hostError = (code: HostErrorCode, message: string) =>
  new ResponseError<HostErrorData>(ErrorCodes.UnknownErrorCode, message, { code });

/** The code of an error that `hostError` made; INTERNAL for any other. */
export const hostErrorCode = (error: unknown): HostErrorCode =>
  error instanceof ResponseError ? ((error.data as HostErrorData | undefined)?.code ?? "INTERNAL") : "INTERNAL";
