import { z } from 'zod';
import { defineMethod, invalidParams, type RpcMethod } from '../../rpc/method.js';
import { storedText } from '../../rpc/stored-text.js';
import type { GroupCommit } from '../../store/group-commit.js';
import type { OfflinePush } from './offline-push.js';
import type { PushConfig, PushConfigStore } from './push-config-store.js';

export interface PushRegistration {
  /** Stores it; silently nothing when the push agent is not on the whitelist (04 §19). */
  register(aid: string, config: PushConfig | null, nowMs: number): Promise<void>;
}

export const createPushRegistration = (deps: {
  readonly push: OfflinePush;
  readonly configs: PushConfigStore;
  readonly commit: GroupCommit;
}): PushRegistration => ({
  async register(aid, config, nowMs) {
    const { commit, configs, push } = deps;
    if (!push.isOn || (config !== null && !push.allows(config.notifyAid))) return;
    const known = configs.find(aid);
    if (known?.notifyAid === config?.notifyAid && known?.token === config?.token) return;
    await commit.run(() => configs.save(aid, config, nowMs));
  },
});

/** `push.update_config` and `push.ack` (04 §19). */
export const pushMethods = (push: OfflinePush, registration: PushRegistration): readonly RpcMethod[] => [
  defineMethod({
    name: 'push.update_config',
    session: true,
    mutating: true,
    params: z.object({ push_notify_aid: storedText(256), push_token: storedText(2048) }),
    async handler({ push_notify_aid: notifyAid, push_token: token }, ctx) {
      if ((notifyAid === '') !== (token === '')) {
        throw invalidParams(
          notifyAid === '' ? 'push_notify_aid' : 'push_token',
          'invalid_params: push_notify_aid and push_token belong together: give both, or both empty to end notifications',
        );
      }
      const config = notifyAid === '' ? null : { notifyAid, token };
      await registration.register(ctx.session.aid, config, ctx.now());
      return { success: true };
    },
  }),
  defineMethod({
    name: 'push.ack',
    session: true,
    params: z.object({ batch_id: z.string('must be a string').min(1, 'must not be empty').max(128) }),
    handler({ batch_id: batchId }, ctx) {
      push.acked(ctx.session.aid, batchId);
      return { success: true };
    },
  }),
];
