import type { ErrorInfo, Result } from 'aun-core';
import type { AnyAid } from '../aid.js';
import type { DiagnoseResult } from './types.js';

export type DiagnosisInput = {
  readonly aid: string;
  readonly local: Result<AnyAid>;
  readonly hasCert: boolean;
  readonly remote: Result<{ exists: boolean }>;
};

const errorOf = (result: Result<unknown>): ErrorInfo | null => (result.ok ? null : result.error);

const SUGGESTIONS: Readonly<Record<DiagnoseResult['status'], (input: DiagnosisInput) => string[]>> = {
  ready: () => ['load the identity and connect'],
  available: ({ aid }) => [`register ${aid}`],
  registered_remote: ({ local }) =>
    local.ok
      ? ['the private key is not here: restore it from a backup, or use another AID']
      : [`the local identity is not usable (${local.error.code}): ${local.error.message}`],
  unknown: ({ remote }) =>
    remote.ok ? ['register the identity again'] : ['check the network and try again'],
};

/** What is wrong with an identity and what to do about it (07 §3.12). */
export const diagnoseIdentity = (input: DiagnosisInput): DiagnoseResult => {
  const { aid, local, remote, hasCert } = input;
  const localKey = local.ok && local.data.isPrivateKeyValid();
  const exists = remote.ok ? remote.data.exists : null;
  const status = statusOf(localKey, exists);
  return {
    aid,
    status,
    local_valid: localKey,
    remote_registered: exists === true,
    suggestions: SUGGESTIONS[status](input),
    local: { cert: hasCert, private_key: localKey, error: errorOf(local) },
    remote: { checked: remote.ok, exists, error: errorOf(remote) },
  };
};

const statusOf = (localKey: boolean, exists: boolean | null): DiagnoseResult['status'] => {
  if (exists === true) return localKey ? 'ready' : 'registered_remote';
  return exists === false && !localKey ? 'available' : 'unknown';
};
