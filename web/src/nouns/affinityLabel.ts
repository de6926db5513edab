import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";

const LABEL = fragment(
  `fragment AffinityLabelRow on AffinityLabel { id version name description comment vms { id name } hosts { id name } }`,
);
export const affinityLabel = plain("AffinityLabel", LABEL, {
  form: {
    ...field.NAMED,
    vmIds: field.references("Virtual machines", { list: "vms" }),
    hostIds: field.references("Hosts", { list: "hosts" }),
  },
  remove: "The affinity label is removed. Its virtual machines may start on any host again.",
});
