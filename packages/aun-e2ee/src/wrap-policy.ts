import { isJsonObject, type JsonObject } from 'aun-core';
import { KeySource, type WrapProtocol } from './constants.js';
import type { Target } from './target.js';

/** `e2ee_wrap_capabilities` of every bootstrap call (03 §4.1). */
export const WRAP_CAPABILITIES = {
  version: 'v2.1',
  protocols: ['1DH', '3DH'],
  scopes: ['aid', 'device'],
  per_aid_wrap: true,
  per_device_wrap: true,
} as const;

/** A parsed `e2ee_wrap_policy`; an absent member changes nothing. Scope `aid` always comes with `1DH`. */
export interface WrapPolicy {
  readonly protocol?: WrapProtocol;
  readonly scope?: 'aid' | 'device';
}

/** Reads the policy of a bootstrap answer; null when there is none (03 §4.1, client parsing). */
export function parseWrapPolicy(value: unknown): WrapPolicy | null {
  if (!isJsonObject(value)) return null;
  const scope = parseScope(value);
  if (scope === 'aid') return { scope, protocol: '1DH' };
  const protocol = typeof value.protocol === 'string' ? value.protocol.trim().toUpperCase() : '';
  return {
    ...(protocol === '1DH' || protocol === '3DH' ? { protocol } : {}),
    ...(scope === undefined ? {} : { scope }),
  };
}

function parseScope(policy: JsonObject): WrapPolicy['scope'] {
  const scope = typeof policy.scope === 'string' ? policy.scope.trim().toLowerCase() : '';
  if (scope === 'aid' || scope === 'device') return scope;
  return policy.per_aid_wrap === true ? 'aid' : undefined;
}

/**
 * Applies a policy: `1DH` drops the prekeys, scope `aid` keeps the first target of each AID and role and addresses
 * all its devices. `3DH` never adds anything (03 §4.1).
 */
export function applyWrapPolicy(targets: readonly Target[], policy: WrapPolicy | null): Target[] {
  if (policy?.protocol !== '1DH') return [...targets];
  const stripped = targets.map((target) => ({
    ...target,
    keySource: KeySource.aidMaster,
    prekey: null,
    prekeyId: '',
  }));
  if (policy.scope !== 'aid') return stripped;
  const seen = new Set<string>();
  const kept: Target[] = [];
  for (const target of stripped) {
    const key = `${target.aid}\0${target.role}`;
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push({ ...target, deviceId: '' });
  }
  return kept;
}

/** What a gateway may be set to answer to clients that know per-AID wraps. */
export type WrapPolicySetting = '1DH/aid' | '1DH/device' | '3DH/device';

/** `e2ee_wrap_policy` of a bootstrap answer (03 §4.1). */
export type WrapPolicyAnswer = {
  readonly version: 'v2.1';
  readonly protocol: WrapProtocol;
  readonly scope: 'aid' | 'device';
  readonly per_aid_wrap: boolean;
  readonly per_device_wrap: boolean;
  readonly source: 'legacy_client' | 'server_default';
};

/**
 * A gateway's answer to the capabilities of a bootstrap call. Without a valid `per_aid_wrap` the caller gets the
 * legacy policy, 3DH per device; SPK members of device rows are left out iff `protocol` is `1DH` (03 §4.1).
 */
export function answerWrapPolicy(
  capabilities: unknown,
  setting: WrapPolicySetting = '1DH/aid',
): WrapPolicyAnswer {
  const knowsPerAid = isJsonObject(capabilities) && capabilities.per_aid_wrap === true;
  if (!knowsPerAid) return answer('3DH', 'device', 'legacy_client');
  const [protocol, scope] = setting === '3DH/device' ? (['3DH', 'device'] as const) : splitOneDh(setting);
  return answer(protocol, scope, 'server_default');
}

function splitOneDh(setting: '1DH/aid' | '1DH/device'): ['1DH', 'aid' | 'device'] {
  return ['1DH', setting === '1DH/aid' ? 'aid' : 'device'];
}

function answer(
  protocol: WrapProtocol,
  scope: 'aid' | 'device',
  source: WrapPolicyAnswer['source'],
): WrapPolicyAnswer {
  const perAid = scope === 'aid';
  return { version: 'v2.1', protocol, scope, per_aid_wrap: perAid, per_device_wrap: !perAid, source };
}
