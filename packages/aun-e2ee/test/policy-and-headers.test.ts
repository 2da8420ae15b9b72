import { E2EEError } from 'aun-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerWrapPolicy,
  matchesKeyFingerprint,
  ProtectedHeaders,
  parseWrapPolicy,
  WRAP_CAPABILITIES,
} from '../src/index.js';
import { noor } from './fixtures.js';

describe('03 §4.1: the wrap policy a server answers', () => {
  it('capable clients get the setting, 1DH per AID by default', () => {
    expect(answerWrapPolicy(WRAP_CAPABILITIES)).toEqual({
      version: 'v2.1',
      protocol: '1DH',
      scope: 'aid',
      per_aid_wrap: true,
      per_device_wrap: false,
      source: 'server_default',
    });
    expect(answerWrapPolicy(WRAP_CAPABILITIES, '3DH/device')).toMatchObject({
      protocol: '3DH',
      scope: 'device',
    });
  });

  it('clients without capabilities get 3DH per device', () => {
    const legacy = {
      version: 'v2.1',
      protocol: '3DH',
      scope: 'device',
      per_aid_wrap: false,
      per_device_wrap: true,
      source: 'legacy_client',
    };
    for (const capabilities of [undefined, null, 'x', {}, { per_aid_wrap: 'true' }]) {
      expect(answerWrapPolicy(capabilities)).toEqual(legacy);
    }
  });

  it('what a server answers a client understands', () => {
    for (const setting of ['1DH/aid', '1DH/device', '3DH/device'] as const) {
      const [protocol, scope] = setting.split('/');
      expect(parseWrapPolicy(answerWrapPolicy(WRAP_CAPABILITIES, setting))).toEqual({ protocol, scope });
    }
  });
});

describe('07 §6.9: ProtectedHeaders', () => {
  it('lower-cases keys, turns values into text and removes', () => {
    const headers = new ProtectedHeaders({ ' X-Trace ': 1 }).set('flag', true).set('none', null);
    expect(headers.toJSON()).toEqual({ 'x-trace': '1', flag: 'true', none: '' });
    expect(headers.get('X-TRACE')).toBe('1');
    expect(headers.get('absent')).toBeNull();
    expect(headers.get('absent', 'd')).toBe('d');
    expect(headers.remove('flag').toObject()).toEqual({ 'x-trace': '1', none: '' });
  });

  it('refuses bad and reserved keys, or leaves them out when asked to be lenient', () => {
    expect(() => new ProtectedHeaders().set('a b', 1)).toThrow('protected header key must match [a-z0-9_-]+');
    expect(() => ProtectedHeaders.from({ _auth: 1 })).toThrow('protected header key is reserved');
    expect(ProtectedHeaders.lenient({ 'a b': 1, _auth: 2, ok: 3 }).toObject()).toEqual({ ok: '3' });
  });

  it('refuses or leaves out a value that has no text', () => {
    const bad = { ok: 3, bad: { toString: 1 } };
    expect(() => new ProtectedHeaders(bad)).toThrow(E2EEError);
    expect(ProtectedHeaders.lenient(bad).toObject()).toEqual({ ok: '3' });
  });

  it('a key named __proto__ is an ordinary key', () => {
    const headers = new ProtectedHeaders().set('__proto__', 'x').toObject();
    expect(Object.keys(headers)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });
});

describe('03 §1.2: sender_cert_fingerprint', () => {
  const key = noor.identityKey.publicKey;

  it('16 or 64 digits in any case name a key, empty text constrains nothing', () => {
    for (const text of [key.keyId(), key.keyId().toUpperCase(), key.fingerprint(), '']) {
      expect(matchesKeyFingerprint(key, text)).toBe(true);
    }
  });

  it('any other shape matches nothing', () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), (text) => !matchesKeyFingerprint(key, text)));
    expect(matchesKeyFingerprint(key, key.fingerprint().slice(0, 40))).toBe(false);
    expect(matchesKeyFingerprint(key, 'sha256:')).toBe(false);
  });
});
