import { type JsonObject, parseExactAid, RpcCode } from 'aun-core';
import { base64Encode } from 'aun-crypto';
import { answerWrapPolicy, keyIdOf } from 'aun-e2ee/validate';
import { z } from 'zod';
import type { AidCertificate } from '../../ports.js';
import { defineMethod, invalidParams, RpcFailure, type RpcMethod } from '../../rpc/method.js';
import { resultBudget } from '../../session/result-budget.js';
import { aidParam } from './aid-param.js';
import type { MessageDeps } from './deps.js';

/** What a bootstrap answer is made of. */
export function bootstrapParts(deps: MessageDeps) {
  const deviceRows = (
    aid: string,
    certificate: AidCertificate,
    withPrekeys: boolean,
    now: number,
  ): JsonObject[] => {
    const identity = { ik_pk: base64Encode(certificate.spkiDer), ik_fp: keyIdOf(certificate.spkiDer) };
    return deps.active(aid, now).map((device) => {
      const row = { aid, device_id: device.deviceId, ...identity };
      // A row for the empty device id is AID-wide and may not name a prekey (04 §5.2 check 6).
      const key = withPrekeys && device.deviceId !== '' ? deps.prekeys.current(device.deviceNo) : null;
      if (key === null) return row;
      return {
        ...row,
        spk_id: key.spkId,
        spk_pk: key.spkPk,
        spk_signature: key.spkSignature,
        spk_timestamp: key.spkTimestamp,
        key_source: 'peer_device_prekey',
      };
    });
  };

  const rowsOf = (aid: string, withPrekeys: boolean, now: number): JsonObject[] => {
    const certificate = deps.directory.certificate(aid);
    return certificate === null ? [] : deviceRows(aid, certificate, withPrekeys, now);
  };

  const certsOf = (aids: readonly string[]): JsonObject => {
    const certs: Record<string, JsonObject> = {};
    for (const aid of aids) {
      const certificate = deps.directory.certificate(aid);
      if (certificate === null) continue;
      certs[aid] = {
        cert_pem: certificate.certPem,
        cert_fingerprint: certificate.certFingerprint,
        ca_chain: [...certificate.chainPems],
      };
    }
    return certs;
  };

  /** The richest answer that fits the frame: first `self_devices` go, then `certs`, then the oldest devices (04 §6.2). */
  const fitted = (full: BootstrapAnswer, budget: number): JsonObject => {
    const { certs, self_devices: selfDevices, ...rest } = full;
    const fits = (answer: JsonObject) => Buffer.byteLength(JSON.stringify(answer)) <= budget;
    for (const answer of [full, { ...rest, certs }, rest]) if (fits(answer)) return answer;
    const devices = [...rest.peer_devices];
    while (devices.length > 1 && !fits({ ...rest, peer_devices: devices })) devices.pop();
    return { ...rest, peer_devices: devices };
  };

  return { rowsOf, certsOf, fitted };
}

/** `message.v2.bootstrap` (03 §4.2, 04 §6.2). */
export function bootstrapMethod(deps: MessageDeps): RpcMethod {
  const { certsOf, fitted, rowsOf } = bootstrapParts(deps);
  return defineMethod({
    name: 'message.v2.bootstrap',
    session: true,
    trustsConnection: true,
    params: z.object({ peer_aid: aidParam, e2ee_wrap_capabilities: z.unknown().optional() }),
    handler(params, ctx) {
      const peer = params.peer_aid;
      const parsed = parseExactAid(peer);
      if (!parsed.ok) throw invalidParams('peer_aid', `invalid_params: peer_aid: ${parsed.error.message}`);
      if (!deps.directory.exists(peer)) {
        throw new RpcFailure(RpcCode.notFound, `not_found: AID ${peer} does not exist`, {
          field: 'peer_aid',
        });
      }
      ctx.setPeer(peer);
      const now = ctx.now();
      const policy = answerWrapPolicy(params.e2ee_wrap_capabilities, deps.limits.wrapPolicy);
      const withPrekeys = policy.protocol !== '1DH';
      const { auditAids } = deps.limits;
      const answer: BootstrapAnswer = {
        peer_aid: peer,
        peer_devices: rowsOf(peer, withPrekeys, now),
        self_devices: rowsOf(ctx.session.aid, withPrekeys, now),
        audit_recipients: auditAids.flatMap((aid) => rowsOf(aid, withPrekeys, now)),
        e2ee_wrap_policy: policy,
        certs: certsOf([peer, ...auditAids]),
      };
      return fitted(answer, resultBudget(deps.index, ctx.session));
    },
  });
}

export type BootstrapAnswer = {
  readonly peer_aid: string;
  readonly peer_devices: readonly JsonObject[];
  readonly self_devices: readonly JsonObject[];
  readonly audit_recipients: readonly JsonObject[];
  readonly e2ee_wrap_policy: JsonObject;
  readonly certs: JsonObject;
};
