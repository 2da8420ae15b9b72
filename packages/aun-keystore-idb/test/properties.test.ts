import type { JsonValue } from 'aun-core';
import { base64Encode } from 'aun-crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { certKey, type IdbKeyStore, instanceKey, openEnvelope, sealEnvelope, seqKey } from '../src/index.js';
import { newPlatform, openStore } from './places.js';
import { rawPut } from './raw-database.js';

const soak = process.env.AUN_SOAK === '1' ? 50 : 1;
const alice = 'alice.json.test';
const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

const significant = (seed: string): string => seed.replace(/\0+$/, '');

it('an envelope opens to what was sealed, under its seed only', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), async (text, seed, other) => {
      const envelope = { ...(await sealEnvelope(seed, text, random)) };
      expect(await openEnvelope(seed, envelope)).toBe(text);
      // HMAC pads its key with zero bytes, so seeds that differ in them alone are one.
      if (significant(other) !== significant(seed)) expect(await openEnvelope(other, envelope)).toBeNull();
    }),
    { numRuns: 10 * soak },
  );
});

it('any other value is no envelope, and never an exception', async () => {
  const part = fc.oneof(fc.uint8Array({ maxLength: 40 }).map(base64Encode), fc.string(), fc.jsonValue());
  const shaped = fc.record({ ct: part, iv: part, salt: part }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(fc.oneof(shaped, fc.jsonValue()), async (value) => {
      expect(await openEnvelope('seed', value as JsonValue)).toBeNull();
    }),
    { numRuns: 100 * soak },
  );
});

it('any value in key_pairs ends in no key or in private_key_unreadable', async () => {
  const platform = newPlatform();
  const store = openStore({ platform });
  await store.listIdentities();
  const shaped = fc.record(
    { private_key_pem: fc.jsonValue(), _encrypted_pk: fc.jsonValue(), public_key_der_b64: fc.jsonValue() },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), shaped), async (value) => {
      await rawPut(platform, 'aun-keystore', 'key_pairs', value, alice);
      try {
        expect(await store.loadKeyPair(alice)).toBeNull();
      } catch (error) {
        expect((error as { code?: string }).code).toBe('private_key_unreadable');
      }
    }),
    { numRuns: 50 * soak },
  );
});

it('metadata of any JSON value comes back as it was', async () => {
  const store = openStore({ platform: newPlatform() });
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.jsonValue(), async (key, value) => {
      const wire = JSON.parse(JSON.stringify(value)) as JsonValue;
      await store.saveMetadata(alice, { [key]: wire });
      expect((await store.loadMetadata(alice))[key]).toEqual(wire);
    }),
    { numRuns: 40 * soak },
  );
});

it('a card comes back byte for byte, whether it is text or not', async () => {
  const store = openStore({ platform: newPlatform() });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async (content) => {
      await store.saveAgentMd(alice, { content });
      expect((await store.loadAgentMd(alice)).content).toEqual(content);
    }),
    { numRuns: 40 * soak },
  );
});

it('keys of different parts are different, or the name is refused', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '|', '_', '%', '7', 'C', '.') });
  const keyOf = (parts: readonly string[]): string | null => {
    const [aid = '', device = '', namespace = ''] = parts;
    try {
      return `${seqKey(aid, device, 'main', namespace)} ${instanceKey(aid, device, '')} ${certKey(aid, namespace)}`;
    } catch (error) {
      expect((error as { code?: string }).code).toBe('invalid_argument');
      return null;
    }
  };
  const parts = fc.tuple(text, text, text);
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const [first, second] = [keyOf(a), keyOf(b)];
      if (first !== null && first === second) expect(a).toEqual(b);
    }),
    { numRuns: 500 * soak },
  );
});

it('any name is stored or refused with invalid_argument', async () => {
  const store: IdbKeyStore = openStore({ platform: newPlatform() });
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (name) => {
      try {
        await store.saveMetadata(name, { name });
        expect(await store.loadMetadata(name)).toEqual({ name });
      } catch (error) {
        expect((error as { code?: string }).code).toBe('invalid_argument');
      }
    }),
    { numRuns: 100 * soak },
  );
});
