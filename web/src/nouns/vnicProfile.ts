import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";
import { permissionsOn } from "./permission.ts";

const PROFILE = fragment(
  `fragment VnicProfileRow on VnicProfile { id version name description comment network { id name } qos { id name } }`,
);
export const vnicProfile = plain("VnicProfile", PROFILE, {
  one: "vNIC profile",
  example: "network = ovirtmgmt",
  form: {
    networkId: field.reference("Network", { list: "networks", set: "add", required: true }),
    qosId: field.reference("QoS", { list: "qoss", hint: "Of kind NETWORK; no limit when none is chosen." }),
    ...field.NAMED,
  },
  sections: [permissionsOn("VnicProfile")],
  remove: "The vNIC profile is removed. No network interface may use it.",
});
