import { RpcCode } from 'aun-core';
import type { Certificate } from 'aun-pki';
import { invalidParams, RpcFailure } from '../../rpc/failure.js';
import type { CertRow } from '../../store/tables/identity.js';
import { bareFingerprint } from '../identity/cert-row.js';
import { maySign } from '../identity/directory.js';
import type { AuthDeps } from './deps.js';

const refuse = (message: string): never => {
  throw new RpcFailure(RpcCode.authenticationRequired, message);
};

/** Refuses what must not log in any more: revoked or superseded by another key (01 §3.4, §9.2). */
export const requireUsable = ({ store }: Pick<AuthDeps, 'store'>, row: CertRow): void => {
  if (row.state === 'revoked') refuse('certificate has been revoked');
  if (!maySign(row, store.active(row.aid))) refuse('certificate superseded');
};

/** Refuses unknown and suspended AIDs. */
export const requireActiveAid = ({ store }: AuthDeps, aid: string): void => {
  const row = store.aid(aid);
  if (row === undefined) refuse('AID not registered');
  if (row?.status === 'suspended') refuse('AID suspended');
};

/** The stored certificate that the presented one stands for: itself, or the active one of the same key issued by us. */
const recognise = ({ store, authorities }: AuthDeps, aid: string, cert: Certificate): CertRow | undefined => {
  const fingerprint = bareFingerprint(cert.fingerprint);
  const known = store.certificates(aid).find((row) => row.cert_sha256 === fingerprint);
  if (known !== undefined) return known;
  const active = store.active(aid);
  if (active === undefined || active.spki_sha256 !== bareFingerprint(cert.spkiFingerprint)) return undefined;
  return authorities.get(active.issuer)?.issued(cert) === true ? active : undefined;
};

/** Judges the certificate of phase 1 (01 §9.1). */
export const requireClientCertificate = (deps: AuthDeps, aid: string, pem: string): CertRow => {
  const parsed = deps.certificates.read(pem);
  if (!parsed.ok) throw invalidParams('cert', `invalid cert: ${parsed.error.message}`);
  requireActiveAid(deps, aid);
  if (parsed.data.commonName !== aid) refuse('certificate not recognised');
  const row = recognise(deps, aid, parsed.data);
  if (row === undefined) return refuse('certificate not recognised');
  requireUsable(deps, row);
  return row;
};
