import { type Aid, issuerOf, parseAid } from 'aun-core';

/** What the Host header asks for: every role has an issuer, the default one for names we do not know. */
export type HostRole =
  | { readonly kind: 'issuer' | 'gateway' | 'pki' | 'other'; readonly issuer: string }
  | { readonly kind: 'aid'; readonly issuer: string; readonly aid: Aid };

/** Host header in lower case without port; brackets of IPv6 addresses stay. */
export const hostName = (header: string | undefined): string =>
  (header ?? '').trim().toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');

/** Chooses the role of a request by its host name; the longest matching issuer wins. */
export const createHostRoles = (issuers: readonly string[], defaultIssuer: string) => {
  const byLength = [...issuers].sort((left, right) => right.length - left.length);
  return (header: string | undefined): HostRole => {
    const host = hostName(header);
    const issuer = byLength.find((name) => host === name || host.endsWith(`.${name}`));
    if (issuer === undefined) return { kind: 'other', issuer: defaultIssuer };
    if (host === issuer) return { kind: 'issuer', issuer };
    if (host === `gateway.${issuer}`) return { kind: 'gateway', issuer };
    if (host === `pki.${issuer}`) return { kind: 'pki', issuer };
    const aid = parseAid(host);
    return aid.ok && issuerOf(aid.data) === issuer
      ? { kind: 'aid', issuer, aid: aid.data }
      : { kind: 'other', issuer };
  };
};

/** Chooses the issuer for a TLS handshake by SNI. */
export const issuerOfServerName = (
  roles: (header: string | undefined) => HostRole,
  serverName: string | undefined,
): string => roles(serverName).issuer;
