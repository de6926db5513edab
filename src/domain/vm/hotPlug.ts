import { OvertError } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { isRunningOrPaused } from "./states.ts";

/** Devices come and go only while nothing of the VM runs. Throws NOT_ALLOWED_IN_STATE, reason HOT_PLUG_UNSUPPORTED. */
export function refuseHotPlug({ name, status }: RowOf<"Vm">): void {
  if (!isRunningOrPaused(status)) return;
  const message = `VM ${name} must be down: its devices cannot be changed while it runs.`;
  throw new OvertError("NOT_ALLOWED_IN_STATE", message, [{ code: "HOT_PLUG_UNSUPPORTED", message }]);
}
