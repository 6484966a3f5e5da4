/** The URLs of the environment: on its domain, or without one on the CDN's DNS name. */
import { type IResolvable, Token, conditional } from "cdktf";
import type { Gate } from "./gate.ts";
import { text } from "./text.ts";

export interface AddressesProps {
  active: Gate;
  hasDomain: Gate;
  activeWithDomain: Gate;
  domainName: string;
  grafanaDomain: string;
  /** Output; "" in pilot light. */
  cdnDomainName: string;
}

/** Outputs. */
export interface Addresses {
  application: string;
  backend: string;
  grafana: string;
  cnameRecords: IResolvable;
  domainUrls: IResolvable;
}

export function addresses(props: AddressesProps): Addresses {
  const { active, hasDomain, activeWithDomain, domainName, grafanaDomain, cdnDomainName } = props;
  const ofDomain = text`https://${domainName}`;
  const ofGrafana = text`https://${grafanaDomain}`;
  const ofCdn = text`https://${cdnDomainName}`;
  const url = (withDomain: string, without: string): string =>
    active.text(Token.asString(conditional(hasDomain.condition, withDomain, without)));
  const withDomain = (values: readonly unknown[]): IResolvable =>
    Token.asAny(conditional(activeWithDomain.condition, values, []));
  return {
    application: url(ofDomain, ofCdn),
    backend: url(text`${ofDomain}/api`, text`${ofCdn}/api`),
    grafana: url(ofGrafana, text`${ofCdn}/grafana`),
    // The load balancer accepts connections from CloudFront only.
    cnameRecords: withDomain([domainName, grafanaDomain].map((name) => ({ name, target: cdnDomainName }))),
    domainUrls: withDomain([ofDomain, text`${ofDomain}/api`, ofGrafana]),
  };
}
