import { canonicalJson } from 'aun-core';
import { aesGcmSeal, base64Encode, PrivateKey, randomBytes, utf8Encode } from 'aun-crypto';
import { describe, expect, it } from 'vitest';
import {
  type DecryptCode,
  decryptCodes,
  isSilentDecryptCode,
  type OpenExpectation,
  type OpenKeys,
  openEnvelope,
  openEnvelopeAsync,
  RecipientCache,
  toPerDeviceForm,
} from '../src/index.js';
import {
  auditor,
  flip,
  GROUP,
  groupEnvelope,
  ivoServer,
  keysOf,
  type Mutable,
  makeDevice,
  mutable,
  noor,
  p2pEnvelope,
  resign,
} from './fixtures.js';

interface Case {
  readonly code: DecryptCode;
  /** The step of 03 §8.1 that refuses it. */
  readonly step: string;
  readonly name: string;
  readonly change: (envelope: Mutable) => unknown;
  readonly device?: ReturnType<typeof makeDevice>;
  readonly prekey?: PrivateKey | null;
  readonly expected?: OpenExpectation;
}

const rowsOf = (envelope: Mutable) => envelope.recipients as string[][];
const ownRow = (envelope: Mutable) => rowsOf(envelope).find(([aid]) => aid === noor.aid) ?? [];
const indexOf = (envelope: Mutable) => rowsOf(envelope).indexOf(ownRow(envelope));
const perDevice = (envelope: Mutable) => mutable(toPerDeviceForm(envelope as never, indexOf(envelope)));
const set = (object: unknown, key: string, value: unknown) => {
  (object as Mutable)[key] = value;
};
const strange = makeDevice('nobody.agents.example', 'd');

/** Every code of 03 §8.1 from a real envelope changed for it: the decision table "check -> code". */
const cases: readonly Case[] = [
  {
    code: 'sender_signature_invalid',
    step: '1',
    name: 'no signature',
    change: (e) => set(e, 'sender_signature', undefined),
  },
  { code: 'sender_signature_invalid', step: '1', name: 'tag is a number', change: (e) => set(e, 'tag', 7) },
  { code: 'aad_invalid', step: '2', name: 'no aad', change: (e) => set(e, 'aad', undefined) },
  {
    code: 'aad_invalid',
    step: '2',
    name: 'unsafe integer in the aad',
    change: (e) => set(e.aad, 'timestamp', 2 ** 53),
  },
  {
    code: 'aad_invalid',
    step: '2',
    name: 'aad nested beyond reason',
    change: (e) => {
      let deep: unknown = 1;
      for (let i = 0; i < 5_000; i++) deep = [deep];
      set(e.aad, 'x', deep);
    },
  },
  {
    code: 'sender_signature_invalid',
    step: '3',
    name: 'ciphertext flipped',
    change: (e) => set(e, 'ciphertext', flip(e.ciphertext)),
  },
  {
    code: 'sender_signature_invalid',
    step: '3',
    name: 'signed by somebody else',
    change: (e) => resign(e, PrivateKey.generate()),
  },
  {
    code: 'recipients_digest_mismatch',
    step: '4a',
    name: 'my wrapped key replaced',
    change: (e) => ownRow(e).splice(7, 1, flip(ownRow(e)[7])),
  },
  {
    code: 'recipients_digest_mismatch',
    step: '4a',
    name: 'a row holds a number',
    change: (e) => ownRow(e).splice(1, 1, 7 as never),
  },
  { code: 'not_recipient', step: '4b', name: 'other AID', change: () => undefined, device: strange },
  {
    code: 'not_recipient',
    step: '4d',
    name: 'neither recipients nor recipient',
    change: (e) => set(e, 'recipients', undefined),
  },
  {
    code: 'merkle_proof_invalid',
    step: '4c',
    name: 'role of the delivered row changed',
    change: (e) => {
      const form = perDevice(e);
      set(form.recipient, 'role', 'audit');
      return form;
    },
  },
  {
    code: 'merkle_proof_invalid',
    step: '4c',
    name: 'the proof is no list',
    change: (e) => ({ ...perDevice(e), merkle_proof: 'yes' }),
  },
  { code: 'spk_missing', step: '5', name: 'prekey not here', change: () => undefined, prekey: null },
  {
    code: 'session_key_invalid',
    step: '6',
    name: 'session key garbage',
    change: (e) => set(e, 'sender_session_pk', 'AAAA'),
  },
  {
    code: 'session_key_invalid',
    step: '6',
    name: 'session point off the curve',
    change: (e) => set(e, 'sender_session_pk', flip(e.sender_session_pk)),
  },
  {
    code: 'wrapped_key_too_short',
    step: '7',
    name: 'wrapped key of 15 bytes, re-signed',
    change: (e) => {
      ownRow(e)[7] = Buffer.alloc(15).toString('base64');
      resign(e);
    },
  },
  {
    code: 'wrap_key_decrypt_failed',
    step: '7',
    name: 'wrapped key flipped, re-signed',
    change: (e) => {
      ownRow(e)[7] = flip(ownRow(e)[7]);
      resign(e);
    },
  },
  {
    code: 'wrap_key_decrypt_failed',
    step: '7',
    name: 'other prekey of mine',
    change: () => undefined,
    prekey: PrivateKey.generate(),
  },
  {
    code: 'wrap_key_decrypt_failed',
    step: '7',
    name: 'wrap nonce of 11 bytes, re-signed',
    change: (e) => {
      ownRow(e)[6] = Buffer.alloc(11).toString('base64');
      resign(e);
    },
  },
  {
    code: 'protected_headers_invalid',
    step: '8',
    name: 'header changed',
    change: (e) => set(e.protected_headers, 'trace-id', 't-2'),
  },
  { code: 'context_invalid', step: '8', name: 'context changed', change: (e) => set(e.context, 'id', 'r-2') },
  {
    code: 'body_decrypt_failed',
    step: '9',
    name: 'body nonce changed',
    change: (e) => set(e, 'nonce', flip(e.nonce)),
  },
  {
    code: 'body_decrypt_failed',
    step: '9',
    name: 'body nonce of 16 bytes',
    change: (e) => set(e, 'nonce', Buffer.alloc(16).toString('base64')),
  },
  {
    code: 'aad_mismatch',
    step: 'hardening',
    name: 'delivered as from somebody else',
    change: () => undefined,
    expected: { from: 'mallory.agents.example' },
  },
  {
    code: 'aad_mismatch',
    step: 'hardening',
    name: 'a P2P envelope delivered in a group',
    change: () => undefined,
    expected: { groupId: GROUP },
  },
  {
    code: 'aad_mismatch',
    step: 'hardening',
    name: 'a group envelope delivered in another group',
    change: () => groupEnvelope(),
    expected: { groupId: 'other.agents.example' },
  },
  {
    code: 'aad_mismatch',
    step: 'hardening',
    name: 'unproven row of somebody else whose keys open it',
    change: (e) => {
      const form = perDevice(e);
      set(form.recipient, 'aid', 'nobody.agents.example');
      set(form, 'merkle_proof', undefined);
      return form;
    },
  },
];

/** Both ways of opening, which must agree. */
async function open(envelope: unknown, keys: OpenKeys, expected?: OpenExpectation) {
  const opened = openEnvelope(envelope, keys, expected);
  expect(await openEnvelopeAsync(envelope, keys, expected)).toEqual(opened);
  return opened;
}

function openCase(test: Case) {
  const envelope = mutable(p2pEnvelope());
  const changed = test.change(envelope) ?? envelope;
  const keys = keysOf(test.device ?? noor);
  const prekey = test.prekey === undefined ? keys.prekey : test.prekey;
  return open(Array.isArray(changed) ? envelope : changed, { ...keys, prekey }, test.expected);
}

describe('every check of 03 §8.1 gives its own code', () => {
  for (const test of cases) {
    it(`step ${test.step} -> ${test.code}: ${test.name}`, async () => {
      const opened = await openCase(test);
      expect(opened.ok ? 'opened' : opened.error.code).toBe(test.code);
    });
  }

  it('step 9 -> payload_not_json: the body is text, sealed by the sender', async () => {
    const drawn: Uint8Array[] = [];
    const random = (length: number) => {
      const bytes = randomBytes(length);
      drawn.push(bytes.slice());
      return bytes;
    };
    const envelope = mutable(p2pEnvelope({ type: 'text' }, { random }));
    const [masterKey, nonce] = drawn;
    const aad = utf8Encode(canonicalJson(envelope.aad));
    const sealed = aesGcmSeal(masterKey as Uint8Array, nonce as Uint8Array, utf8Encode('hello'), aad);
    envelope.ciphertext = base64Encode(sealed.ciphertext);
    envelope.tag = base64Encode(sealed.tag);
    const opened = await open(resign(envelope), keysOf(noor));
    expect(opened.ok ? 'opened' : opened.error.code).toBe('payload_not_json');
  });

  it('the table covers every code', () => {
    const covered = new Set<DecryptCode>([...cases.map(({ code }) => code), 'payload_not_json']);
    expect([...covered].sort()).toEqual([...decryptCodes].sort());
  });

  it('only the two "not for me" outcomes are silent', () => {
    expect(decryptCodes.filter(isSilentDecryptCode)).toEqual(['not_recipient', 'merkle_proof_invalid']);
  });
});

describe('what must still open', () => {
  const payloadOf = async (
    envelope: unknown,
    device: typeof noor,
    expected = { from: 'ivo.agents.example' },
  ) => {
    const opened = await open(envelope, keysOf(device), expected);
    return opened.ok ? opened.data.payload : opened.error;
  };

  it('the addressee, the own other device and the auditor open the same envelope', async () => {
    const envelope = p2pEnvelope();
    for (const device of [noor, ivoServer, auditor]) {
      expect(await payloadOf(envelope, device)).toEqual({ type: 'text', text: 'hi' });
    }
  });

  it('a group member opens it under any spelling of the group id', async () => {
    const opened = await open(groupEnvelope(), keysOf(noor), { groupId: 'group.agents.example/CREW' });
    expect(opened.ok && opened.data.groupId).toBe(GROUP);
  });

  it('a 3DH envelope opens with a cache again and again, either way', async () => {
    const cache = new RecipientCache();
    const envelope = p2pEnvelope();
    for (let i = 0; i < 3; i++) {
      const opened = await open(envelope, { ...keysOf(noor), cache });
      expect(opened.ok && opened.data.payload).toEqual({ type: 'text', text: 'hi' });
    }
  });

  it('metadata comes without _auth', async () => {
    const opened = await open(p2pEnvelope(), keysOf(noor));
    expect(opened.ok && opened.data.context).toEqual({ type: 'run', id: 'r-1' });
    expect(opened.ok && Object.keys(opened.data.protectedHeaders ?? {})).not.toContain('_auth');
  });
});
