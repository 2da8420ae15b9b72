import {
  BasicOCSPResponse,
  id_pkix_ocsp_basic,
  OCSPResponse,
  OCSPResponseStatus,
  type SingleResponse,
} from '@peculiar/asn1-ocsp';
import { type Result, resultErr, resultOk } from 'aun-core';
import { base64Decode, CryptoError, hexEncode } from 'aun-crypto';
import { copyBytes } from '../asn1/bytes.js';
import { DerError, parseDer } from '../asn1/parse-der.js';
import { serialToHex } from '../certificate/serial.js';

/** Largest accepted OCSP response in bytes of DER. */
export const MAX_OCSP_BYTES = 64 * 1024;

export type OcspStatus = 'good' | 'revoked' | 'unknown';

/** One answer of an OCSP response. */
export interface OcspSingleResponse {
  readonly hashOid: string;
  /** Lower-case hex. */
  readonly issuerNameHash: string;
  /** Lower-case hex. */
  readonly issuerKeyHash: string;
  readonly serialHex: string;
  readonly status: OcspStatus;
  readonly revokedAt: Date | undefined;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
}

/** A parsed basic OCSP response; nothing is verified yet (01 §4.5). */
export interface OcspAnswer {
  readonly tbsDer: Uint8Array;
  readonly signature: Uint8Array;
  readonly producedAt: Date;
  readonly responses: readonly OcspSingleResponse[];
}

export type OcspErrorCode =
  | 'ocsp_malformed'
  | 'ocsp_too_large'
  | 'ocsp_unsuccessful'
  | 'ocsp_signature_invalid'
  | 'ocsp_not_for_certificate'
  | 'ocsp_not_current';

/**
 * Parses an OCSP response, base64 text or DER. Codes `ocsp_malformed`, `ocsp_too_large`, and `ocsp_unsuccessful` for a
 * response without an answer such as `MAMKAQY=` (responseStatus unauthorized): use the JSON status then (01 §4.5).
 */
export function parseOcspResponse(input: string | Uint8Array): Result<OcspAnswer, OcspErrorCode> {
  if (input.length > MAX_OCSP_BYTES * (typeof input === 'string' ? 1.5 : 1)) {
    return resultErr('ocsp_too_large', `the OCSP response is too large: ${input.length} bytes`);
  }
  try {
    const der = typeof input === 'string' ? fromBase64(input) : copyBytes(input);
    const response = parseDer(der, OCSPResponse, { maxBytes: MAX_OCSP_BYTES });
    if (response.responseStatus !== OCSPResponseStatus.successful) {
      return resultErr(
        'ocsp_unsuccessful',
        `the OCSP responder gave no answer: status ${response.responseStatus}`,
      );
    }
    return resultOk(readBasic(response));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return resultErr('ocsp_malformed', `the OCSP response is malformed: ${error.message}`, error);
  }
}

function fromBase64(text: string): Uint8Array {
  try {
    return base64Decode(text.replace(/\s+/g, ''));
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    throw new DerError('no base64', { cause: error });
  }
}

function readBasic(response: OCSPResponse): OcspAnswer {
  const bytes = response.responseBytes;
  if (bytes?.responseType !== id_pkix_ocsp_basic) throw new DerError('no basic response inside');
  const basic = parseDer(copyBytes(bytes.response.buffer), BasicOCSPResponse, { maxBytes: MAX_OCSP_BYTES });
  if (basic.tbsResponseDataRaw === undefined) throw new DerError('the signed part is missing');
  const data = basic.tbsResponseData;
  return {
    tbsDer: copyBytes(basic.tbsResponseDataRaw),
    signature: copyBytes(basic.signature),
    producedAt: validDate(data.producedAt),
    responses: data.responses.map(readSingle),
  };
}

function readSingle(single: SingleResponse): OcspSingleResponse {
  const { certID } = single;
  const { status, revokedAt } = readStatus(single);
  return {
    hashOid: certID.hashAlgorithm.algorithm,
    issuerNameHash: hexEncode(copyBytes(certID.issuerNameHash.buffer)),
    issuerKeyHash: hexEncode(copyBytes(certID.issuerKeyHash.buffer)),
    serialHex: serialToHex(copyBytes(certID.serialNumber)),
    status,
    revokedAt,
    thisUpdate: validDate(single.thisUpdate),
    nextUpdate: single.nextUpdate && validDate(single.nextUpdate),
  };
}

function readStatus({ certStatus }: SingleResponse): { status: OcspStatus; revokedAt: Date | undefined } {
  if (certStatus.revoked !== undefined) {
    return { status: 'revoked', revokedAt: validDate(certStatus.revoked.revocationTime) };
  }
  return { status: certStatus.good === null ? 'good' : 'unknown', revokedAt: undefined };
}

function validDate(date: Date): Date {
  if (Number.isNaN(date.getTime())) throw new DerError('a time is not a date');
  return date;
}
