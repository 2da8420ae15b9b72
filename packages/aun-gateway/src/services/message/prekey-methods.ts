import { RpcCode } from 'aun-core';
import { PublicKey } from 'aun-crypto';
import { validatePrekeyUpload } from 'aun-e2ee/validate';
import { z } from 'zod';
import { defineMethod, RpcFailure, type RpcMethod } from '../../rpc/method.js';
import { accepted } from './accepted.js';
import type { MessageDeps } from './deps.js';

/** `message.v2.put_peer_pk` (03 §3.2, 04 §6.1). */
export function putPeerPkMethod(deps: MessageDeps): RpcMethod {
  return defineMethod({
    name: 'message.v2.put_peer_pk',
    session: true,
    mutating: true,
    // Every member is judged by the shared check, in the order and with the codes of 03 §3.2.
    params: z.looseObject({}),
    async handler(params, ctx) {
      const { aid, deviceId } = ctx.session;
      const now = ctx.now();
      const certificate = deps.directory.certificate(aid);
      const upload = validatePrekeyUpload(params, {
        callerAid: aid,
        kind: 'peer',
        identityKey: certificate && PublicKey.fromSpki(certificate.spkiDer),
        now,
      });
      const { spkId, spkPk, spkSignature, spkTimestamp } = accepted(upload);
      await deps.commit.run(() => {
        const { deviceNo } = deps.devices.find(aid, deviceId) ?? deps.devices.touch(aid, deviceId, now);
        deps.prekeys.put(deviceNo, { spkId, spkPk, spkSignature, spkTimestamp }, now);
      });
      return { ok: true, device_id: deviceId, spk_id: spkId, updated_at: now };
    },
  });
}

/** An internal call of the group service; clients are refused (04 §6.3). */
export const groupBootstrapMethod: RpcMethod = defineMethod({
  name: 'message.v2.group_bootstrap',
  session: true,
  params: z.looseObject({}),
  handler() {
    throw new RpcFailure(
      RpcCode.permissionDenied,
      'permission_denied: message.v2.group_bootstrap is internal',
    );
  },
});
