import { issuerOf, ValidationError } from 'aun-core';

const httpScheme: Readonly<Record<string, string>> = { 'wss:': 'https:', 'ws:': 'http:' };

/**
 * The HTTP URL of a path on the gateway's RPC listener: `wss` becomes `https` and `ws` `http`, host and port stay,
 * path and query are replaced (01 §4, 02 §2).
 *
 * @param path absolute path, e.g. `/health`; may carry a query
 * @throws {ValidationError} when `gatewayUrl` is no WebSocket URL
 */
export function gatewayHttpUrl(gatewayUrl: string, path: string): string {
  const url = parseGatewayUrl(gatewayUrl);
  return `${httpScheme[url.protocol]}//${url.host}${path.startsWith('/') ? path : `/${path}`}`;
}

/** @throws {ValidationError} unless the text is an absolute `wss:` or `ws:` URL */
export function parseGatewayUrl(gatewayUrl: string): URL {
  const url = URL.canParse(gatewayUrl) ? new URL(gatewayUrl) : undefined;
  if (url !== undefined && url.protocol in httpScheme) return url;
  throw new ValidationError(
    `gateway url: must be an absolute ws or wss URL, not "${gatewayUrl.slice(0, 200)}"`,
    {
      data: { field: 'gateway_url' },
    },
  );
}

/**
 * The gateway of a peer's issuer, guessed from our own: the first `gateway.<domain>` becomes
 * `gateway.<peer issuer>`; scheme, port and path stay. A URL without `gateway.` is returned as it is, and then one's
 * own gateway has to know foreign certificates (02 §0, 01 §14).
 */
export function peerGatewayUrl(localGatewayUrl: string, peerAid: string): string {
  const issuer = issuerOf(peerAid.trim().toLowerCase());
  if (issuer === '') return localGatewayUrl;
  return localGatewayUrl.replace(/gateway\.[^:/]+/, () => `gateway.${issuer}`);
}

/** Where the certificate of an AID is found; with a fingerprint exactly that certificate (01 §4, §14). */
export function peerCertUrl(gatewayUrl: string, aid: string, certFingerprint = ''): string {
  const fingerprint = certFingerprint.trim().toLowerCase();
  const query = fingerprint === '' ? '' : `?cert_fingerprint=${encodeURIComponent(fingerprint)}`;
  return gatewayHttpUrl(gatewayUrl, `/pki/cert/${encodeURIComponent(aid)}${query}`);
}
