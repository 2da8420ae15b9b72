import { E2EEError } from 'aun-core';
import type { PrivateKey, PublicKey } from 'aun-crypto';
import { isPrekeySource, type Role, type WrapProtocol } from './constants.js';

/**
 * One recipient to encrypt to, with its keys already parsed (03 §5.1). Build it from a verified device row
 * ({@link verifyDeviceRow}); keep it, because the key objects are what makes the next message cheap.
 */
export interface Target {
  readonly aid: string;
  /** `""` = every device of the AID with 1DH; with 3DH the one device that has no id. */
  readonly deviceId: string;
  readonly role: Role;
  /** As the row stated it; the recipient row of a 1DH target always says `aid_master`. */
  readonly keySource: string;
  readonly identityKey: PublicKey;
  readonly prekey: PublicKey | null;
  /** `""` = no prekey. */
  readonly prekeyId: string;
}

/** 3DH iff there is a prekey with an id from a prekey source (03 §5.1 step 3). */
export function targetProtocol(target: Target): WrapProtocol {
  return target.prekeyId !== '' && target.prekey !== null && isPrekeySource(target.keySource) ? '3DH' : '1DH';
}

/** Distinct protocols sorted and joined with `+`; `1DH` without targets (03 §5.1 step 4). */
export function wrapProtocolOf(targets: readonly Target[]): string {
  let one = false;
  let three = false;
  for (const target of targets) {
    if (targetProtocol(target) === '3DH') three = true;
    else one = true;
  }
  if (one && three) return '1DH+3DH';
  return three ? '3DH' : '1DH';
}

/**
 * Refuses keys on another curve than P-256 (03 §1.2).
 *
 * @throws {E2EEError} `sender_key_invalid` / `target_invalid`
 */
export function checkKeys(senderKey: PrivateKey, targets: readonly Target[]): void {
  if (senderKey.curve !== 'P-256') {
    throw new E2EEError('AID private key must be EC P-256', { localCode: 'sender_key_invalid' });
  }
  for (const target of targets) {
    const fault = targetFault(target);
    if (fault === null) continue;
    const where = `aid=${target.aid} device_id=${target.deviceId}`;
    throw new E2EEError(`V2: target ${fault}: ${where}`, { localCode: 'target_invalid' });
  }
}

function targetFault(target: Target): string | null {
  if (target.identityKey.curve !== 'P-256') return 'identity key is not P-256';
  return targetProtocol(target) === '1DH' || target.prekey?.curve === 'P-256' ? null : 'prekey is not P-256';
}
