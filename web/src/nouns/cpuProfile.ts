import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";
import { permissionsOn } from "./permission.ts";

const PROFILE = fragment(
  `fragment CpuProfileRow on CpuProfile { id version name description comment cluster { id name } qos { id name } }`,
);
export const cpuProfile = plain("CpuProfile", PROFILE, {
  one: "CPU profile",
  example: "cluster = Default",
  form: {
    clusterId: field.reference("Cluster", { list: "clusters", set: "add", required: true }),
    qosId: field.reference("QoS", { list: "qoss", hint: "Of kind CPU; no limit when none is chosen." }),
    ...field.NAMED,
  },
  sections: [permissionsOn("CpuProfile")],
  remove: "The CPU profile is removed. No virtual machine may have it.",
});
