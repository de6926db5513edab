import type { PayloadField } from "../noun/verb.ts";
import { HostEnrollment } from "./enrollment.ts";

/** In the payload of a verb that gives a token. */
export const ENROLLMENT: Record<string, PayloadField> = {
  enrollment: { type: () => HostEnrollment, description: "Null in PLAN mode, and when an earlier answer is given again." },
};
