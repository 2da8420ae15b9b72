import {
  BasicOCSPResponse,
  CertID,
  CertStatus,
  id_pkix_ocsp_basic,
  KeyHash,
  OCSPResponse,
  OCSPResponseStatus,
  ResponderID,
  ResponseBytes,
  ResponseData,
  RevokedInfo,
  SingleResponse,
} from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { systemClock } from 'aun-core';
import { base64Encode, sha256, signDer } from 'aun-crypto';
import { toBuffer } from '../asn1/bytes.js';
import { normalizeSerial } from '../certificate/serial.js';
import type { OcspStatus } from '../revocation/ocsp.js';
import { assertAuthority, type CertificateAuthority, type IssueEnvironment } from './authority.js';
import { derInteger } from './build-crl.js';
import { IssueError } from './issue-error.js';
import { signatureAlgorithmOf } from './signature-algorithm.js';
import { keyIdentifier } from './signing-key.js';

export interface OcspRequest extends Pick<IssueEnvironment, 'clock'> {
  /** Hex, any spelling: clients differ in leading zeros (01 §4.5). */
  readonly serialHex: string;
  readonly status: OcspStatus;
  /** Required for `revoked`. */
  readonly revokedAt?: Date | undefined;
  /** Default one hour. */
  readonly validitySeconds?: number | undefined;
}

/** `/pki/ocsp/{serial}` as on the wire (01 §4.5). */
export interface OcspJson {
  readonly status: OcspStatus;
  readonly ocsp_response: string;
}

const idSha256 = '2.16.840.1.101.3.4.2.1';

/** responseStatus unauthorized: the answer for a serial that is not ours (01 §4.5). */
const unauthorized = 'MAMKAQY=';

/**
 * An answer signed directly by the issuer CA, certID with SHA-256 over the issuer's name and its full SPKI, valid from
 * five minutes ago for one hour (01 §4.5). `unknown` gives the fixed response `MAMKAQY=`.
 *
 * @throws {IssueError}
 */
export async function buildOcspResponse(ca: CertificateAuthority, request: OcspRequest): Promise<OcspJson> {
  assertAuthority(ca);
  if (request.status === 'unknown') return { status: 'unknown', ocsp_response: unauthorized };
  const serial = normalizeSerial(request.serialHex);
  if (serial === undefined)
    throw new IssueError('invalid_request', `"${request.serialHex}" is no serial number`);
  const nowSeconds = Math.floor((request.clock ?? systemClock).now() / 1000);
  const data = new ResponseData({
    responderID: new ResponderID({ byKey: new KeyHash(await keyIdentifier(ca.certificate.publicKey.point)) }),
    producedAt: new Date(nowSeconds * 1000),
    responses: [singleResponse(ca, request, serial, nowSeconds)],
  });
  return { status: request.status, ocsp_response: base64Encode(sign(ca, data)) };
}

function singleResponse(
  ca: CertificateAuthority,
  request: OcspRequest,
  serial: string,
  nowSeconds: number,
): SingleResponse {
  return new SingleResponse({
    certID: new CertID({
      hashAlgorithm: new AlgorithmIdentifier({ algorithm: idSha256, parameters: null }),
      issuerNameHash: new OctetString(toBuffer(sha256(ca.certificate.subjectDer))),
      issuerKeyHash: new OctetString(toBuffer(sha256(ca.certificate.spkiDer))),
      serialNumber: toBuffer(derInteger(serial)),
    }),
    certStatus: certStatus(request),
    thisUpdate: new Date((nowSeconds - 300) * 1000),
    nextUpdate: new Date((nowSeconds + (request.validitySeconds ?? 3600)) * 1000),
  });
}

function certStatus(request: OcspRequest): CertStatus {
  if (request.status === 'good') return new CertStatus({ good: null });
  if (request.revokedAt === undefined) throw new IssueError('invalid_request', 'revokedAt is missing');
  const revocationTime = new Date(Math.floor(request.revokedAt.getTime() / 1000) * 1000);
  return new CertStatus({ revoked: new RevokedInfo({ revocationTime }) });
}

function sign(ca: CertificateAuthority, data: ResponseData): Uint8Array {
  const signature = signDer(ca.privateKey, new Uint8Array(AsnConvert.serialize(data)));
  const basic = new BasicOCSPResponse({
    tbsResponseData: data,
    signatureAlgorithm: signatureAlgorithmOf(ca.privateKey),
    signature: toBuffer(signature),
  });
  const response = new OCSPResponse({
    responseStatus: OCSPResponseStatus.successful,
    responseBytes: new ResponseBytes({
      responseType: id_pkix_ocsp_basic,
      response: new OctetString(AsnConvert.serialize(basic)),
    }),
  });
  return new Uint8Array(AsnConvert.serialize(response));
}
