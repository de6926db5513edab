import type { NewRow } from "../../db/unitOfWork.ts";

/** oVirt's id of the template that is always there. */
export const BLANK_TEMPLATE_ID = "00000000-0000-0000-0000-000000000000";

/** The row to seed: oVirt's Blank. */
export const BLANK_TEMPLATE: NewRow<"Template"> & { id: string } = {
  id: BLANK_TEMPLATE_ID,
  name: "Blank",
  description: "Blank template",
  comment: "",
  status: "OK",
  memory: 1024 ** 3,
  cpu: { topology: { sockets: 1, cores: 1, threads: 1 } },
  bios: { type: "CLUSTER_DEFAULT" },
  os: { type: "other", boot: { devices: ["HD"] }, kernel: null, initrd: null, cmdline: null },
  creationTime: new Date("2008-04-01T00:00:00Z"),
};
