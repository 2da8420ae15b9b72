import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from 'aun-core';
import { base64Decode, base64Encode, hexEncode } from 'aun-crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveFieldKey, openRecord, sealRecord } from '../src/index.js';
import { newDirectory, openStore } from './store-directory.js';

const soak = process.env.AUN_SOAK === '1' ? 50 : 1;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const fieldKey = deriveFieldKey(new Uint8Array(32), 'scope', 'identity/private_key');

describe('protected records (08 §4.2, §4.3)', () => {
  it('open to what was sealed, in base64 and rewritten as hex of either case', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        bytes(12),
        fc.boolean(),
        (plain, nonce, upper) => {
          fc.pre(!/^[0-9a-fA-F]+$/.test(base64Encode(nonce)));
          let draw = nonce;
          const record = sealRecord(fieldKey, 'identity/private_key', plain, () => {
            const next = draw;
            draw = draw.map((byte) => byte ^ 0xa5);
            return next;
          });
          expect(openRecord(fieldKey, 'identity/private_key', record)).toEqual(plain);
          const hex = (name: string) => {
            const text = hexEncode(base64Decode(String(record[name])));
            return upper ? text.toUpperCase() : text;
          };
          const asHex = { ...record, nonce: hex('nonce'), ciphertext: hex('ciphertext'), tag: hex('tag') };
          expect(openRecord(fieldKey, 'identity/private_key', asHex)).toEqual(plain);
        },
      ),
      { numRuns: 100 * soak },
    );
  });

  it('are never written so that a public SDK would read hex for base64', () => {
    const good = new Uint8Array(12).fill(0xff);
    const draws = [base64Decode('deadBEEF00112233'), base64Decode('AAAAAAAAAAAAAAAA'), good];
    const record = sealRecord(
      fieldKey,
      'identity/private_key',
      new Uint8Array(40),
      () => draws.shift() ?? good,
    );
    expect(record.nonce).toBe(base64Encode(good));
  });

  it('give null for any other object, never an exception', () => {
    const member = fc.oneof(fc.string(), fc.jsonValue());
    const record = fc.record(
      {
        scheme: fc.constantFrom('file_aes', 'x'),
        name: fc.constantFrom('identity/private_key', 'y'),
        nonce: member,
        ciphertext: member,
        tag: member,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(record, (value) => {
        expect(openRecord(fieldKey, 'identity/private_key', value as JsonObject)).toBeNull();
      }),
      { numRuns: 200 * soak },
    );
  });
});

it('any JSON in key.json ends in no key or in private_key_unreadable', () => {
  const path = newDirectory();
  const store = openStore({ path });
  const directory = join(path, 'AIDs', 'alice.json.test', 'private');
  mkdirSync(directory, { recursive: true });
  const shaped = fc.record(
    {
      private_key_pem: fc.jsonValue(),
      private_key_protection: fc.jsonValue(),
      public_key_der_b64: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), shaped, fc.string()), (value) => {
      writeFileSync(join(directory, 'key.json'), typeof value === 'string' ? value : JSON.stringify(value));
      try {
        expect(store.loadKeyPairSync('alice.json.test')).toBeNull();
      } catch (error) {
        expect((error as { code?: string }).code).toBe('private_key_unreadable');
      }
    }),
    { numRuns: 100 * soak },
  );
});

it('metadata of any JSON value comes back as it was', async () => {
  const store = openStore({ path: newDirectory() });
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1 }), fc.jsonValue(), async (key, value) => {
      fc.pre(!key.includes('\0'));
      const wire = JSON.parse(JSON.stringify(value)) as JsonObject[string];
      await store.saveMetadata('alice.json.test', { [key]: wire });
      expect((await store.loadMetadata('alice.json.test'))[key]).toEqual(wire);
    }),
    { numRuns: 40 * soak },
  );
});

it('any bytes in agentmd.json count as an empty record', async () => {
  const path = newDirectory();
  const store = openStore({ path });
  const directory = join(path, 'AIDs', 'alice.json.test');
  mkdirSync(directory, { recursive: true });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async (junk) => {
      writeFileSync(join(directory, 'agentmd.json'), junk);
      const entry = await store.loadAgentMd('alice.json.test');
      expect(entry.content).toBeNull();
    }),
    { numRuns: 50 * soak },
  );
});
