import { DomainState, EventProcedure, Procedure, VirErrorCode } from "../../../agent/libvirt/constants.ts";
import { type Domain, uuidFromBytes, XdrWriter } from "../../../agent/libvirt/xdr.ts";
import { type FakeLibvirt, type Procedures, Refusal } from "./fakeLibvirt.ts";

export interface FakeDomain extends Domain {
  state: number;
  reason: number;
  xml: string;
  diskErrors: number[];
  /** Refuses job statistics, as the destination of a migration does. */
  incoming: boolean;
}
export const fakeDomain = (uuid: string, rest: Partial<FakeDomain> = {}): FakeDomain => ({
  uuid,
  name: `vm-${uuid.slice(0, 4)}`,
  id: 1,
  state: DomainState.RUNNING,
  reason: 1,
  xml: "<domain><devices/></domain>",
  diskErrors: [],
  incoming: false,
  ...rest,
});

/** The procedures by which the agent looks at domains. */
export function domainProcedures(domains: Map<string, FakeDomain>): Procedures {
  const find = (uuid: string) => {
    const domain = domains.get(uuid);
    if (!domain) throw new Refusal(VirErrorCode.NO_DOMAIN, "no such domain");
    return domain;
  };
  return {
    [Procedure.CONNECT_LIST_ALL_DOMAINS]: () => {
      const body = new XdrWriter().uint(domains.size);
      for (const domain of domains.values()) body.domain(domain);
      return body.uint(domains.size);
    },
    [Procedure.DOMAIN_LOOKUP_BY_UUID]: (args) => new XdrWriter().domain(find(uuidFromBytes(args.opaque(16)))),
    [Procedure.DOMAIN_GET_STATE]: (args) => {
      const { state, reason } = find(args.domain().uuid);
      return new XdrWriter().int(state).int(reason);
    },
    [Procedure.DOMAIN_GET_XML_DESC]: (args) => new XdrWriter().string(find(args.domain().uuid).xml),
    [Procedure.DOMAIN_GET_JOB_STATS]: (args) => {
      if (find(args.domain().uuid).incoming) throw new Refusal(VirErrorCode.OPERATION_UNSUPPORTED);
      return new XdrWriter().int(0).uint(0);
    },
    [Procedure.DOMAIN_GET_DISK_ERRORS]: (args) => {
      const { diskErrors } = find(args.domain().uuid);
      const body = new XdrWriter().uint(diskErrors.length);
      for (const error of diskErrors) body.string("vda").int(error);
      return body.int(diskErrors.length);
    },
  };
}

export const lifecycle = (libvirt: FakeLibvirt, domain: Domain, event: number, detail = 0) =>
  libvirt.event(EventProcedure.LIFECYCLE, new XdrWriter().int(0).domain(domain).int(event).int(detail));
