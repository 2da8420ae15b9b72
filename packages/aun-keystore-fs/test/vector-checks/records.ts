import { asList, asObject, asText, expectEqual, outcome, type SectionCheck } from './case.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** 08 §4.2. */
export const derivation: SectionCheck = async (section, { keystore }) =>
  Promise.all(
    asList(asObject(section).cases).map((item) =>
      outcome(`seed ${JSON.stringify(item.seed)}`, () => {
        const master = keystore.deriveMasterKey(asText(item.seed));
        expectEqual(hex(master), item.master_key_hex, 'master key');
        for (const field of asList(item.fields)) {
          const key = keystore.deriveFieldKey(master, asText(field.scope), asText(field.name));
          expectEqual(hex(key), field.field_key_hex, `field key of ${asText(field.scope)}`);
        }
        return undefined;
      }),
    ),
  );

/** 08 §4.2, §4.3. A record whose nonce can be read as hex and as base64: ours tries both (≠). */
export const records: SectionCheck = async (section, { keystore }) =>
  Promise.all(
    asList(section).map((item) =>
      outcome(asText(item.id), () => {
        const master = keystore.deriveMasterKey(asText(item.seed));
        const key = keystore.deriveFieldKey(master, asText(item.scope), asText(item.name));
        const record = item.record as Parameters<typeof keystore.openRecord>[2];
        const plaintext = keystore.openRecord(key, item.name as 'identity/private_key', record);
        const text = plaintext === null ? null : Buffer.from(plaintext).toString('utf8');
        if (item.accept_also !== undefined && text === item.accept_also) {
          return '≠ 08 §4.3: both readings of an ambiguous nonce are tried';
        }
        expectEqual(text, item.expected_plaintext, 'plaintext');
        return undefined;
      }),
    ),
  );
