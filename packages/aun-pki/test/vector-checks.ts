/**
 * One function per vector name of `auth.json` (01 §22). Each takes the public exports of aun-pki, so that the same
 * checks run against the sources and against a built package; each throws when the vector does not hold.
 */
import { stableStringify } from 'aun-core';
import { base64Decode, hexEncode, PrivateKey, PublicKey, sha256, utf8Encode } from 'aun-crypto';
import type * as pki from '../src/index.js';

export type Api = typeof pki;

export interface Vector {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: vectors are read as they are
  readonly inputs: any;
  // biome-ignore lint/suspicious/noExplicitAny: vectors are read as they are
  readonly expected: any;
}

export interface VectorFile {
  // biome-ignore lint/suspicious/noExplicitAny: vectors are read as they are
  readonly pki: any;
  readonly vectors: readonly Vector[];
}

type Check = (api: Api, vector: Vector, file: VectorFile) => void;

/** A date inside every certificate of the file. */
const now = Date.UTC(2026, 6, 1);

export const vectorChecks: Record<string, Check> = {
  fingerprints(api, { inputs, expected }, file) {
    const certificate = parse(api, resolve(file, inputs.cert));
    equal('subject_cn', certificate.subjectCommonName, expected.subject_cn);
    if (expected.cert_sha256 === undefined) return;
    equal('cert_sha256', certificate.fingerprint, expected.cert_sha256);
    equal('spki_sha256', certificate.spkiFingerprint, expected.spki_sha256);
    equal('public key', api.publicKeyToText(certificate.publicKey), expected.public_key_der_b64);
    equal('issuer_cn', certificate.issuerCommonName, expected.issuer_cn);
    equal('serial', certificate.serialHex, expected.serial_hex);
    equal('is_ca', certificate.isCa, expected.is_ca);
    equal('file name', api.certificateVersionFileName(certificate), expected.disk_version_filename);
    for (const short of [expected.cert_short16, expected.spki_short16]) {
      equal(`matches ${short}`, api.certificateMatchesFingerprint(certificate, short), true);
    }
  },

  match_fingerprint(api, { inputs, expected }, file) {
    const certificate = parse(api, resolve(file, inputs.cert));
    equal('normalized', api.normalizeFingerprint(inputs.fingerprint), expected.normalized);
    const matches = api.certificateMatchesFingerprint(certificate, inputs.fingerprint);
    equal('matches_cert_or_key', matches, expected.matches_cert_or_key);
    equal('matches_key', api.spkiMatchesFingerprint(certificate, inputs.fingerprint), expected.matches_key);
  },

  login1_server_proof(api, { inputs, expected }, file) {
    const authCertificate = parse(api, resolve(file, inputs.auth_cert));
    const result = api.verifyServerProof(
      { clientNonce: inputs.client_nonce, signature: inputs.signature_b64_der, authCertificate },
      {
        chain: inputs.ca_chain.map((ref: string) => parse(api, resolve(file, ref))),
        roots: [parse(api, resolve(file, inputs.trusted_root))],
        now,
      },
    );
    equal('accepted', result.ok, expected.accepted_by_login);
    equal('signed bytes', hexEncode(utf8Encode(inputs.client_nonce)), expected.signed_hex);
    const own = authCertificate.publicKey.curve === 'P-384' ? file.pki.keys.auth384 : file.pki.keys.auth;
    const proof = api.signServerProof(inputs.client_nonce, PrivateKey.fromPem(own));
    equal('own proof', api.verifyProof(inputs.client_nonce, proof, authCertificate.publicKey), true);
  },

  login2_signature(api, { inputs, expected }) {
    const text = api.login2ProofText(inputs.nonce, inputs.client_time);
    equal('signed text', text, expected.signed_utf8);
    checkProof(api, text, inputs.public_key_spki_b64, expected);
    if (inputs.private_key_pem === undefined) return;
    const own = api.signProof(text, PrivateKey.fromPem(inputs.private_key_pem));
    equal('own signature', api.verifyProof(text, own, spki(inputs.public_key_spki_b64)), true);
  },

  login2_signature_negative(api, { inputs, expected }) {
    const text = api.login2ProofText(inputs.nonce, inputs.client_time);
    const verifies = api.verifyProof(text, inputs.signature_b64_der, spki(inputs.public_key_spki_b64));
    equal('verifies', verifies, expected.verifies);
  },

  renew_cert_signature(api, { inputs, expected }) {
    checkProof(api, api.renewProofText(inputs.nonce), inputs.public_key_spki_b64, expected);
  },

  rekey_signature(api, { inputs, expected }) {
    const text = api.rekeyProofText(inputs.nonce, inputs.new_public_key);
    equal('signed text', text, expected.signed_utf8);
    checkProof(api, text, inputs.old_public_key_spki_b64, expected);
  },

  verify_auth_chain(api, { inputs, expected }, file) {
    const bundle = inputs.pki_chain_response_order.map((name: string) => file.pki.certs[name]).join('\n');
    const chain = api.parseCertificateBundle(bundle);
    if (!chain.ok) throw new Error(chain.error.message);
    const result = api.verifyAuthCertificate(parse(api, resolve(file, inputs.leaf)), {
      chain: chain.data,
      roots: [parse(api, resolve(file, inputs.trusted_root))],
      now,
    });
    equal(`accepted (${inputs.case})`, result.ok, expected.accepted);
  },

  verify_peer_certificate(api, { inputs, expected }, file) {
    const certificate = parse(api, resolve(file, inputs.cert));
    const responses = Object.values<string>(resolve(file, inputs.ocsp));
    const result = api.verifyPeerCertificate(certificate, {
      expectedAid: inputs.expected_aid,
      chain: inputs.ca_chain.map((name: string) => parse(api, file.pki.certs[name])),
      roots: [parse(api, file.pki.certs[inputs.ca_chain.at(-1)])],
      now,
      revocation: {
        crl: { crl_pem: resolve(file, inputs.crl) },
        ocsp: { ocsp_response: responses.find((text) => answersFor(api, text, certificate.serialHex)) ?? '' },
      },
    });
    equal(`accepted (${inputs.case})`, result.ok, expected.accepted);
    if (result.ok) equal('revocation status', result.data.revocation?.status, 'good');
    const code = expected.reason === 'revoked' ? 'certificate_revoked' : expected.reason;
    if (!result.ok) equal('code', result.error.code, code);
  },

  crl_parse(api, { inputs, expected }, file) {
    const parsed = api.parseCrl(resolve(file, inputs.crl));
    if (!parsed.ok) throw new Error(parsed.error.message);
    equal('serials', [...parsed.data.entries.keys()], expected.revoked_serials);
    const issuer = parse(api, resolve(file, inputs.issuer));
    equal('signature and dates', api.verifyCrl(parsed.data, issuer, { now }).ok, true);
  },

  ocsp_parse(api, { inputs, expected }, file) {
    const parsed = api.parseOcspResponse(inputs.ocsp_response_b64 ?? resolve(file, inputs.ocsp_response));
    equal('der usable', parsed.ok, expected.der_usable ?? true);
    if (!parsed.ok) return;
    const single = parsed.data.responses[0];
    equal('status', single?.status, expected.status);
    const subject = certificates(api, file).find(({ serialHex }) => serialHex === single?.serialHex);
    if (subject === undefined) throw new Error('the vector file has no certificate with this serial');
    const issuer = parse(api, file.pki.certs.issuer);
    equal('signature and dates', api.verifyOcsp(parsed.data, subject, issuer, { now }).ok, true);
  },

  trust_roots_signature(api, { inputs, expected }, file) {
    const text = api.trustListSignedText(inputs.trust_list);
    equal('canonical', text, expected.canonical_utf8);
    equal('canonical hash', hexEncode(sha256(utf8Encode(text))), expected.canonical_sha256);
    equal('from text', api.trustListSignedText(JSON.stringify(inputs.trust_list, null, 2)), text);
    const authority = parse(api, resolve(file, inputs.authority_cert));
    const verifies = api.verifyAuthoritySignature(text, expected.signature_b64_der, authority.publicKey);
    equal('verifies', verifies, expected.verifies);
  },

  trust_roots_verify(api, { inputs, expected }, file) {
    const { list, options } = trustListCase(api, inputs.case, file);
    for (const form of [list, JSON.stringify(list)]) {
      const result = api.verifyTrustList(form, { now, ...options });
      equal(`accepted (${inputs.case})`, result.ok, expected.accepted);
      if (!result.ok) continue;
      equal('skipped', result.data.skipped, expected.skipped);
      equal('count', result.data.roots.length, expected.count);
    }
  },

  canonical_json(_api, { inputs, expected }) {
    const value = typeof inputs.value_js === 'string' ? JSON.parse(inputs.value_js) : inputs.value_js;
    const canonical = stableStringify(restoreUndefined(value));
    equal('canonical', canonical, expected.canonical);
    equal('bytes', hexEncode(utf8Encode(canonical)), expected.hex);
  },

  client_signature(api, { inputs, expected }, file) {
    const params = inputs.params_before;
    const certificate = parse(api, resolve(file, inputs.signer_cert));
    equal('canonical', api.canonicalParams(params), expected.canonical_params);
    equal(
      'canonical bytes',
      hexEncode(utf8Encode(api.canonicalParams(params))),
      expected.canonical_params_hex,
    );
    equal('params_hash', api.clientSignatureParamsHash(params), expected.params_hash);
    const given = expected.client_signature;
    const text = api.clientSignatureText(inputs.method, given.aid, given.timestamp, given.params_hash);
    equal('signed text', text, expected.signed_utf8);
    equal('signed bytes', hexEncode(utf8Encode(text)), expected.signed_hex);
    const own = api.buildClientSignature({
      method: inputs.method,
      params,
      aid: certificate.subjectCommonName,
      privateKey: PrivateKey.fromPem(resolve(file, inputs.signer_private_key_pem)),
      certFingerprint: certificate.fingerprint,
      now: inputs.now_ms,
    });
    equal('own object', { ...own, signature: given.signature }, given);
    const wire = (object: unknown) => JSON.stringify({ ...params, client_signature: object });
    checkClientSignature(api, inputs, wire(given), expected.verifies, inputs.now_ms);
    checkClientSignature(api, inputs, wire(own), true, inputs.now_ms);
  },

  client_signature_number_lexemes(api, { inputs, expected }) {
    equal('canonical', api.canonicalParamsOfText(inputs.wire_params_json), expected.canonical_params);
    const own = api.clientSignatureParamsHash(JSON.parse(inputs.wire_params_json));
    equal('reformatted', own, expected.hash_if_numbers_are_reformatted_by_js);
    equal(
      'hash',
      api.wireParamsHashes(inputs.wire_params_json).has(expected.params_hash),
      expected.hash_matches,
    );
    checkClientSignature(api, inputs, inputs.wire_params_json, expected.hash_matches);
  },

  group_aid_proof(api, { inputs, expected }) {
    const { text, signature } = groupProof(api, { name: 'group_aid_proof', inputs, expected });
    equal('signed text', text, expected.signed_utf8);
    checkProof(api, text, inputs.verify_with_spki_b64, { ...expected, signature_b64_der: signature });
  },
};

function checkProof(api: Api, text: string, key: string, expected: Vector['expected']): void {
  equal('signed bytes', hexEncode(utf8Encode(text)), expected.signed_hex);
  equal('verifies', api.verifyProof(text, expected.signature_b64_der, spki(key)), expected.verifies);
  equal('altered text', api.verifyProof(`${text} `, expected.signature_b64_der, spki(key)), false);
}

function checkClientSignature(
  api: Api,
  inputs: Vector['inputs'],
  paramsJson: string,
  verifies: boolean,
  at?: number,
): void {
  const parsed = api.parseClientSignature(JSON.parse(paramsJson).client_signature);
  if (!parsed.ok) throw new Error(parsed.error.message);
  const publicKey = spki(inputs.public_key_spki_b64);
  const check = { method: inputs.method, publicKey, paramsJson, now: at };
  equal('verifies', api.verifyClientSignature(parsed.data, check).ok, verifies);
  equal('other method', api.verifyClientSignature(parsed.data, { ...check, method: 'group.x' }).ok, false);
}

function groupProof(api: Api, { inputs, expected }: Vector): { text: string; signature: string } {
  const { method, params } = inputs;
  const proof = params.transfer_auth ?? params.renew_proof ?? params.transfer_accept;
  const ids = {
    groupId: params.group_id,
    groupAid: params.group_aid,
    nonce: proof.nonce,
    issuedMs: proof.issued_ms,
  };
  const { signature } = proof;
  if (method === 'group.transfer_owner') {
    return { text: api.groupTransferProofText({ ...ids, newOwner: params.new_owner }), signature };
  }
  if (method === 'group.renew_group_aid') {
    const keys = { oldPublicKeyB64: params.old_public_key, newPublicKeyB64: params.new_public_key };
    return { text: api.groupRenewProofText({ ...ids, ...keys }), signature };
  }
  // The accepting owner is the caller; the params do not name it.
  const newOwner = expected.signed_utf8.split('|')[3];
  const text = api.groupTransferAcceptProofText({ ...ids, newOwner, publicKeyB64: params.public_key });
  return { text, signature };
}

function trustListCase(api: Api, name: string, file: VectorFile) {
  const base = file.vectors.find((vector) => vector.name === 'trust_roots_signature');
  if (base === undefined) throw new Error('the file has no trust_roots_signature vector');
  const list = structuredClone(base.inputs.trust_list);
  const authority = parse(api, resolve(file, base.inputs.authority_cert));
  switch (name) {
    case 'no authority key':
      return { list, options: {} };
    case 'version tampered':
      return { list: { ...list, version: list.version + 1 }, options: { authority } };
    case 'unsigned':
      delete list.authority_signature;
      return { list, options: { authority } };
    case 'unsigned allowed':
      delete list.authority_signature;
      return { list, options: { allowUnsigned: true } };
    case 'authority cert embedded in the list breaks the signature':
      return { list: { ...list, authority_cert_pem: authority.pem }, options: { authority } };
    case 'fingerprint mismatch':
      list.root_cas[0].fingerprint_sha256 = '0'.repeat(64);
      return { list, options: { allowUnsigned: true } };
    case 'no active root':
      for (const root of list.root_cas) root.status = 'retired';
      return { list, options: { allowUnsigned: true } };
    default:
      return { list, options: { authority } };
  }
}

function answersFor(api: Api, text: string, serial: string): boolean {
  const parsed = api.parseOcspResponse(text);
  return parsed.ok && parsed.data.responses[0]?.serialHex === serial;
}

function certificates(api: Api, file: VectorFile) {
  return Object.values<string>(file.pki.certs).map((pem) => parse(api, pem));
}

function parse(api: Api, pem: string) {
  const parsed = api.parseCertificate(pem);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.data;
}

function spki(text: string): PublicKey {
  return PublicKey.fromSpki(base64Decode(text));
}

/** Follows a `$pki.…` reference. */
// biome-ignore lint/suspicious/noExplicitAny: vectors are read as they are
function resolve(file: VectorFile, ref: string): any {
  if (!ref.startsWith('$pki.')) return ref;
  return ref
    .slice(5)
    .split('.')
    .reduce((value, key) => value[key], file.pki);
}

function restoreUndefined(value: unknown): unknown {
  if (value === '__undefined__') return undefined;
  if (Array.isArray(value)) return value.map(restoreUndefined);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restoreUndefined(item)]));
}

function equal(what: string, actual: unknown, expected: unknown): void {
  if (stableStringify(actual) !== stableStringify(expected)) {
    throw new Error(`${what}: got ${stableStringify(actual)}, expected ${stableStringify(expected)}`);
  }
}
