import { issuerOf, ValidationError } from 'aun-core';

export interface AidUrlOptions {
  /** Port in place of 443 (07 §3.1 `discoveryPort`). */
  readonly port?: number | null;
}

/**
 * Where the agent.md of an AID is published: the AID itself is the host. Plain HTTP only when the gateway of its issuer
 * is a `ws:` one (09 §5).
 */
export function agentMdUrl(
  aid: string,
  options: AidUrlOptions & { readonly gatewayUrl?: string } = {},
): string {
  const scheme = options.gatewayUrl?.startsWith('ws://') ? 'http' : 'https';
  return `${scheme}://${aid}${portSuffix(options.port)}/agent.md`;
}

/**
 * The two places of an issuer's discovery document, in the order in which they are asked: the AID's own host first
 * when TLS is verified, the gateway's host first when it is not (02 §1.2).
 *
 * @throws {ValidationError} for an AID without an issuer
 */
export function discoveryUrls(
  aid: string,
  options: AidUrlOptions & { readonly verifySsl?: boolean } = {},
): readonly string[] {
  const name = aid.trim().toLowerCase();
  const issuer = issuerOf(name);
  if (issuer === '') {
    throw new ValidationError(`aid: "${aid.slice(0, 80)}" has no issuer`, { data: { field: 'aid' } });
  }
  const urls = [name, `gateway.${issuer}`].map(
    (host) => `https://${host}${portSuffix(options.port)}/.well-known/aun-gateway`,
  );
  return options.verifySsl === false ? urls.reverse() : urls;
}

function portSuffix(port: number | null | undefined): string {
  return port === undefined || port === null || port === 443 ? '' : `:${port}`;
}
