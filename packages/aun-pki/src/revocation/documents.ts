import { isJsonObject } from 'aun-core';
import { normalizeSerial } from '../certificate/serial.js';
import type { OcspStatus } from './ocsp.js';

/** Body of `GET /pki/crl.json` as read (01 §4.4). */
export interface CrlDocument {
  readonly crlPem: string;
  /** Normalised. */
  readonly revokedSerials: ReadonlySet<string>;
}

/** Body of `GET /pki/ocsp/{serial}` as read (01 §4.5). */
export interface OcspDocument {
  readonly status: OcspStatus | '';
  readonly response: string;
}

const maxListedSerials = 100_000;

/** Lenient: members of the wrong type count as absent. */
export function readCrlDocument(json: unknown): CrlDocument | undefined {
  if (!isJsonObject(json)) return undefined;
  const serials = Array.isArray(json.revoked_serials) ? json.revoked_serials.slice(0, maxListedSerials) : [];
  const revokedSerials = new Set<string>();
  for (const serial of serials) {
    const normal = typeof serial === 'string' ? normalizeSerial(serial) : undefined;
    if (normal !== undefined) revokedSerials.add(normal);
  }
  return { crlPem: typeof json.crl_pem === 'string' ? json.crl_pem : '', revokedSerials };
}

/** Lenient: members of the wrong type count as absent. */
export function readOcspDocument(json: unknown): OcspDocument | undefined {
  if (!isJsonObject(json)) return undefined;
  const status = typeof json.status === 'string' ? json.status.trim().toLowerCase() : '';
  return {
    status: status === 'good' || status === 'revoked' || status === 'unknown' ? status : '',
    response: typeof json.ocsp_response === 'string' ? json.ocsp_response : '',
  };
}
