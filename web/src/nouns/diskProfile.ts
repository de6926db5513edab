import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";
import { permissionsOn } from "./permission.ts";

const PROFILE = fragment(
  `fragment DiskProfileRow on DiskProfile { id version name description comment storageDomain { id name } qos { id name } }`,
);
export const diskProfile = plain("DiskProfile", PROFILE, {
  example: "storagedomain = data1",
  form: {
    storageDomainId: field.reference("Storage domain", { list: "storageDomains", set: "add", required: true }),
    qosId: field.reference("QoS", { list: "qoss", hint: "Of kind STORAGE; no limit when none is chosen." }),
    ...field.NAMED,
  },
  sections: [permissionsOn("DiskProfile")],
  remove: "The disk profile is removed. No disk may have it.",
});
