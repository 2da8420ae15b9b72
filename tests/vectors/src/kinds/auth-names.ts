import {
  convertToGroupAid,
  isDeviceId,
  mapRemoteError,
  parseExactAid,
  slotIsolationKey,
  splitGroupId,
  validateAIDFormat,
  validateAidName,
  validateGroupAIDFormat,
  validateSlotId,
} from 'aun-core';
import { isRetryableReconnectError } from 'aun-transport';
import { equal, throws } from '../plan.js';
import type { NamedCheck } from './named-check.js';

/** 07 §2.4 gives these codes a class; the file records the bare class of the public SDK. */
const ownErrorClass: Record<number, string> = {
  4090: 'IdentityConflictError',
  409: 'IdentityConflictError',
  [-32052]: 'IdentityConflictError',
  [-32050]: 'CertificateRevokedError',
  [-32051]: 'ClientSignatureError',
};

/** Names, instances and remote errors: 01 §1, 07 §2. */
export const nameChecks: Record<string, NamedCheck> = {
  validate_aid: {
    check({ inputs, expected }) {
      if (!expected.valid)
        return equal(
          'refused',
          throws(() => validateAIDFormat(inputs.aid), expected.error),
          true,
        );
      equal('normalized', validateAIDFormat(inputs.aid), expected.normalized);
    },
  },
  validate_aid_name_for_register: {
    check({ inputs, expected }) {
      if (expected.valid) return void validateAidName(inputs.aid);
      equal(
        'refused',
        throws(() => validateAidName(inputs.aid), expected.error),
        true,
      );
      const strict = parseExactAid(inputs.aid);
      equal('code', strict.ok ? undefined : strict.error.code, expected.aid_store_error_code);
    },
    note: ({ inputs, expected }) =>
      expected.valid && !parseExactAid(inputs.aid).ok
        ? 'our AIDStore refuses it: the whole name is checked (07 §2.5 ≠)'
        : undefined,
  },
  validate_group_aid: {
    check({ inputs, expected }) {
      const options = inputs.local_issuer === undefined ? {} : { localIssuer: inputs.local_issuer };
      equal('converted', convertToGroupAid(inputs.group, options), expected.converted);
      const validate = () => validateGroupAIDFormat(inputs.group, 'group_aid', options);
      if (!expected.valid) return equal('refused', throws(validate, expected.error), true);
      equal('normalized', validate(), expected.normalized);
      equal('split', splitGroupId(inputs.group, options), expected.split);
    },
  },
  slot_id: {
    check({ inputs, expected }) {
      if (!expected.valid)
        return equal(
          'refused',
          throws(() => validateSlotId(inputs.slot_id), expected.error),
          true,
        );
      const slot = validateSlotId(inputs.slot_id);
      equal('normalized', slot, expected.normalized);
      equal('isolation key', slotIsolationKey(slot), expected.isolation_key);
    },
  },
  device_id: {
    check: ({ inputs, expected }) => equal('valid', isDeviceId(inputs.device_id), expected.valid),
  },
  map_remote_error: {
    check({ inputs, expected }) {
      const error = mapRemoteError(inputs);
      const ours =
        ownErrorClass[inputs.code] ?? (expected.class === 'AUNError' ? 'RpcError' : expected.class);
      equal('class', error.name, ours);
      equal('retryable', error.retryable, expected.retryable);
      equal('retried while reconnecting', isRetryableReconnectError(error), expected.reconnect_retried);
    },
    note: ({ inputs, expected }) =>
      ownErrorClass[inputs.code] !== undefined && expected.class === 'AUNError'
        ? `ours is ${ownErrorClass[inputs.code]} (07 §2.4 ≠)`
        : undefined,
  },
  reconnect_retry_on_auth_error: {
    check({ inputs, expected }) {
      equal('error class', inputs.error, 'AuthError');
      const error = mapRemoteError({ code: 4001, message: inputs.message });
      equal('retried', isRetryableReconnectError(error), expected.retried);
    },
  },
};
