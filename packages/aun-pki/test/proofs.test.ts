import { base64Encode, PrivateKey } from 'aun-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildClientSignature,
  canonicalParams,
  clientSignatureParamsHash,
  isSignedMethod,
  login2ProofText,
  parseClientSignature,
  publicKeyFromText,
  publicKeyToText,
  rekeyProofText,
  SIGNED_METHODS,
  signProof,
  signServerProof,
  verifyClientSignature,
  verifyProof,
  verifyServerProof,
  wireParamsHashes,
} from '../src/index.js';
import { issueCertificate } from '../src/issue.js';
import { clock, createAgent, createNetwork, type Network, now } from './support.js';

const key = PrivateKey.generate();
const other = PrivateKey.generate();

describe('a proof of possession', () => {
  it('verifies with its own key over its own text only', () => {
    const text = login2ProofText('n', '1767225601.0168571');
    const signature = signProof(text, key);
    expect(verifyProof(text, signature, key.publicKey)).toBe(true);
    expect(verifyProof(text, signature, other.publicKey)).toBe(false);
    expect(verifyProof(login2ProofText('n', '1767225601.016857'), signature, key.publicKey)).toBe(false);
  });

  it.each(['', 'AAAA', 'not base64!', 'A'.repeat(10_000), base64Encode(new Uint8Array(64))])(
    'is false, not an error, for %j',
    (signature) => {
      expect(verifyProof('text', signature, key.publicKey)).toBe(false);
    },
  );

  it('of a rekey joins nonce and key without separator', () => {
    expect(rekeyProofText('nonce', 'MFkw')).toBe('nonceMFkw');
  });
});

describe('a public key on the wire', () => {
  it('is read back as it was written', () => {
    const read = publicKeyFromText(publicKeyToText(key.publicKey));
    expect(read.ok && read.data.equals(key.publicKey)).toBe(true);
  });

  const spki = key.publicKey.spki;
  const zeroPoint = Uint8Array.from(spki, (byte, index) => (index >= 27 ? 0 : byte));
  it.each([
    ['a number', 7],
    ['nothing', ''],
    ['no base64', '***'],
    ['truncated', base64Encode(spki.subarray(0, 90))],
    ['with bytes behind', base64Encode(Uint8Array.from([...spki, 0]))],
    ['a point that is not on the curve', base64Encode(zeroPoint)],
    ['a key on P-384', publicKeyToText(PrivateKey.fromScalar(new Uint8Array(48).fill(7), 'P-384').publicKey)],
    ['endless', 'M'.repeat(100_000)],
  ])('is refused when it is %s', (_what, text) => {
    expect(publicKeyFromText(text)).toMatchObject({ error: { code: 'invalid_public_key' } });
  });
});

describe('the server proof of login', () => {
  let net: Network;
  beforeAll(async () => {
    net = await createNetwork();
  });

  it('needs a trusted chain and a signature over the nonce text', async () => {
    const authCertificate = await issueCertificate(net.issuer, {
      profile: 'auth',
      commonName: 'auth.example.test',
      publicKey: key.publicKey,
      clock,
    });
    const check = { chain: net.chain, roots: [net.root.certificate], now, issuer: 'example.test' };
    const proof = { clientNonce: 'mX2pQh9vT0aYcN4b', authCertificate };
    const verify = (signature: string, over: object = {}) => {
      const result = verifyServerProof({ ...proof, signature }, { ...check, ...over });
      return result.ok ? 'ok' : result.error.code;
    };
    expect(verify(signServerProof(proof.clientNonce, key))).toBe('ok');
    expect(verify(signServerProof(proof.clientNonce, other))).toBe('server_proof_invalid');
    expect(verify(signServerProof('another nonce', key))).toBe('server_proof_invalid');
    expect(verify(signServerProof(proof.clientNonce, key), { roots: [] })).toBe('no_trusted_roots');
  });
});

describe('a client signature', () => {
  const params = { group_id: '10042.example.test', aid: 'bobby.example.test', n: 1 };
  const input = {
    method: 'group.kick',
    params,
    aid: 'alice.example.test',
    privateKey: key,
    certFingerprint: `sha256:${'a'.repeat(64)}`,
    now,
  };
  const parsed = (object: unknown) => {
    const result = parseClientSignature(object);
    if (!result.ok) throw new Error(result.error.message);
    return result.data;
  };
  const verify = (over: object = {}, object: object = buildClientSignature(input)) => {
    const result = verifyClientSignature(parsed(object), {
      method: 'group.kick',
      publicKey: key.publicKey,
      now,
      ...over,
    });
    return result.ok ? 'ok' : result.error.code;
  };

  it('covers method, signer, time and params', () => {
    const signed = buildClientSignature(input);
    expect(verify()).toBe('ok');
    expect(verify({ method: 'group.ban' })).toBe('client_signature_invalid');
    expect(verify({ publicKey: other.publicKey })).toBe('client_signature_invalid');
    expect(verify({}, { ...signed, aid: 'mallory.example.test' })).toBe('client_signature_invalid');
    expect(verify({}, { ...signed, timestamp: String(Number(signed.timestamp) + 1) })).toBe(
      'client_signature_invalid',
    );
    expect(verify({}, { ...signed, params_hash: 'b'.repeat(64) })).toBe('client_signature_invalid');
  });

  it('is good for 300 seconds in both directions, and for ever in events', () => {
    expect(verify({ now: now + 300_000 })).toBe('ok');
    expect(verify({ now: now - 300_000 })).toBe('ok');
    expect(verify({ now: now + 301_000 })).toBe('client_signature_time');
    expect(verify({ now: now - 301_000 })).toBe('client_signature_time');
    expect(verify({ now: undefined })).toBe('ok');
  });

  it('is compared with the raw params in strict mode', () => {
    const wire = (value: object) => JSON.stringify({ ...value, client_signature: {}, _trace: { id: 1 } });
    expect(verify({ paramsJson: wire(params) })).toBe('ok');
    expect(verify({ paramsJson: wire({ ...params, n: 2 }) })).toBe('client_signature_params');
    expect(verify({ paramsJson: '{"n":1,"n":1}' })).toBe('client_signature_malformed');
    expect(verify({ paramsJson: '{' })).toBe('client_signature_malformed');
  });

  it('leaves out only top-level private members', () => {
    const value = { a: 1, _b: 2, client_signature: 3, c: { _d: 4, client_signature: 5 } };
    expect(canonicalParams(value)).toBe('{"a":1,"c":{"_d":4,"client_signature":5}}');
  });

  it('knows the hash that each SDK computes', () => {
    const hash = clientSignatureParamsHash;
    expect(wireParamsHashes('{"a":"\\u2028"}')).toContain(hash({ a: '\u2028' }));
    expect(wireParamsHashes('{"a":"\\u2028"}').size).toBe(2);
    expect(wireParamsHashes('{"a":"\\b\\\\b"}').size).toBe(2);
    expect(wireParamsHashes('{"\\ud83d\\ude00":1,"\\ufffd":2}').size).toBe(2);
    expect(wireParamsHashes('{"plain":1}').size).toBe(1);
  });

  it.each([
    ['nothing', undefined],
    ['a list', []],
    ['no aid', { ...buildClientSignature(input), aid: '' }],
    ['a short fingerprint', { ...buildClientSignature(input), cert_fingerprint: 'sha256:aa' }],
    ['a number as time', { ...buildClientSignature(input), timestamp: 1767225700 }],
    ['a fraction as time', { ...buildClientSignature(input), timestamp: '1767225700.5' }],
    ['a short hash', { ...buildClientSignature(input), params_hash: 'ab' }],
    ['no signature', { ...buildClientSignature(input), signature: '' }],
  ])('with %s is malformed', (_what, object) => {
    expect(parseClientSignature(object)).toMatchObject({ error: { code: 'client_signature_malformed' } });
  });

  it('in an event names its method', () => {
    const signature = parsed({ ...buildClientSignature(input), _method: 'group.kick' });
    expect(verifyClientSignature(signature, { method: signature.method, publicKey: key.publicKey }).ok).toBe(
      true,
    );
  });
});

describe('signed methods', () => {
  it('are the union over the SDKs', () => {
    expect(SIGNED_METHODS.size).toBe(102);
    for (const method of [
      'message.send',
      'group.v2.send',
      'group.fs.mv',
      'storage.volume.renew',
      'collab.tag.rm',
    ]) {
      expect(isSignedMethod(method)).toBe(true);
    }
    for (const method of ['group.create', 'message.recall', 'group.list_my', '']) {
      expect(isSignedMethod(method)).toBe(false);
    }
  });
});

it('the certificate of an agent verifies what its key signed', async () => {
  const net = await createNetwork('P-256');
  const { certificate, privateKey } = await createAgent(net.issuer, 'alice.example.test');
  expect(verifyProof('text', signProof('text', privateKey), certificate.publicKey)).toBe(true);
});
