import { ErrorCodes, type KeyPairRecord, type KeyStore, type PendingHandle } from 'aun-core';
import {
  type Certificate,
  checkSubject,
  parseCertificate,
  rekeyProofText,
  renewProofText,
  signProof,
} from 'aun-pki';
import type { GatewayLocator } from '../session/gateway-locator.js';
import type { Credentials, Login } from '../session/login.js';
import type { PreAuth } from '../session/pre-auth.js';
import { CLEARED_TOKENS } from '../session/tokens.js';
import type { PkiClient } from '../trust/pki-client.js';
import { StoreFailure } from './failures.js';
import { holds, newKeyPair, pendingFor } from './registration.js';

export type RenewalPorts = {
  readonly keys: KeyStore;
  readonly locator: GatewayLocator;
  readonly pki: Pick<PkiClient, 'certificate'>;
  readonly preAuth: PreAuth;
  readonly login: Login;
};

const checked = (aid: string, answer: { readonly [key: string]: unknown }, code: string): Certificate => {
  const pem = answer.cert ?? answer.cert_pem;
  const parsed = typeof pem === 'string' ? parseCertificate(pem) : null;
  if (parsed === null || !parsed.ok)
    throw new StoreFailure(code, `the gateway answered without a certificate for ${aid}`);
  const named = checkSubject(parsed.data, aid);
  if (!named.ok) throw new StoreFailure(code, named.error.message);
  return parsed.data;
};

/** A new certificate for the same key (01 §12.1). Also works within the grace period after expiry. */
export const renewCertificate = async (who: Credentials, ports: RenewalPorts): Promise<Certificate> => {
  const code = ErrorCodes.CERT_RENEWAL_FAILED;
  const answer = await ports.locator.tryEach(who.aid, async (url) => {
    const { requestId, nonce } = await ports.login.begin(who, url);
    return ports.preAuth(url, 'auth.renew_cert', {
      aid: who.aid,
      request_id: requestId,
      nonce,
      signature: signProof(renewProofText(nonce), who.privateKey),
    });
  });
  const certificate = checked(who.aid, answer, code);
  if (!certificate.publicKey.equals(who.privateKey.publicKey)) {
    throw new StoreFailure(code, `the renewed certificate of ${who.aid} carries another public key`);
  }
  await ports.keys.saveCert(who.aid, certificate.pem, { active: true });
  return certificate;
};

/**
 * A new key (01 §12.2). It is parked on disk before the server hears of it; a lost answer is found out by asking the
 * PKI, also in the next run.
 */
export const rekeyIdentity = async (who: Credentials, ports: RenewalPorts): Promise<Certificate> => {
  const { keys, locator, pki, preAuth, login } = ports;
  const finished = await finishPendingRekey(who, ports);
  if (finished !== null) return finished;
  const { handle, pair } = await parkedKey(who.aid, keys);
  const certificate = await locator.tryEach(who.aid, async (url) => {
    const { requestId, nonce } = await login.begin(who, url);
    try {
      const answer = await preAuth(url, 'auth.rekey', {
        aid: who.aid,
        request_id: requestId,
        nonce,
        new_public_key: pair.publicKeyDerB64,
        signature: signProof(rekeyProofText(nonce, pair.publicKeyDerB64), who.privateKey),
      });
      return checked(who.aid, answer, ErrorCodes.REKEY_FAILED);
    } catch (error) {
      const registered = await pki.certificate(url, who.aid).catch(() => null);
      if (registered !== null && holds(registered, pair)) return registered;
      throw error;
    }
  });
  if (!holds(certificate, pair)) {
    throw new StoreFailure(
      ErrorCodes.REKEY_FAILED,
      `the new certificate of ${who.aid} carries another public key`,
    );
  }
  return adopt(who, handle, certificate, ports);
};

/** A rekey whose answer was lost: the server has the pending key already. */
const finishPendingRekey = async (who: Credentials, ports: RenewalPorts): Promise<Certificate | null> => {
  const { keys, locator, pki } = ports;
  if ((await keys.listPending(who.aid)).length === 0) return null;
  const registered = await locator.tryEach(who.aid, (url) => pki.certificate(url, who.aid));
  const handle = registered === null ? null : await pendingFor(who.aid, registered, keys);
  return registered === null || handle === null ? null : adopt(who, handle, registered, ports);
};

/**
 * The key of an interrupted rekey, else a new one. Using it again matters: a request that timed out here may still
 * arrive there.
 */
const parkedKey = async (
  aid: string,
  keys: KeyStore,
): Promise<{ readonly handle: PendingHandle; readonly pair: KeyPairRecord }> => {
  for (const handle of await keys.listPending(aid)) {
    const pair = await keys.loadPendingKeyPair(handle);
    if (pair !== null) return { handle, pair };
  }
  const pair = newKeyPair();
  return { handle: await keys.createPending(aid, pair), pair };
};

const adopt = async (
  who: Credentials,
  handle: PendingHandle,
  certificate: Certificate,
  ports: RenewalPorts,
): Promise<Certificate> => {
  await ports.keys.savePendingCert(handle, certificate.pem);
  await ports.keys.promotePending(handle, { replace: true });
  await ports.keys.updateInstanceStates(who.aid, (state) => ({ ...state, ...CLEARED_TOKENS }));
  return certificate;
};
