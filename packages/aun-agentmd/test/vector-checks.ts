/**
 * One function per section of `agentmd.json`, over the public exports of aun-agentmd, so that the same checks run against
 * the sources and against a built package. Each throws when a case does not hold.
 */
import { stableStringify } from 'aun-core';
import { hexDecode, hexEncode, PrivateKey, sha256, utf8Encode } from 'aun-crypto';
import type * as agentmd from '../src/index.js';

export type Api = typeof agentmd;

// biome-ignore lint/suspicious/noExplicitAny: vectors are read as they are
export type Case = any;
// biome-ignore lint/suspicious/noExplicitAny: vectors are read as they are
export type VectorFile = any;

type Check = (api: Api, vector: Case, file: VectorFile) => void;

/** A date inside every certificate of the file that is valid. */
const now = Date.UTC(2026, 6, 1);

/** Section name to check of one case; `fingerprints` keeps its cases one level deeper, see {@link casesOf}. */
export const vectorChecks: Record<string, Check> = {
  verify(api, vector, file) {
    const bytes = hexDecode(vector.content_hex);
    equal('content', hexEncode(utf8Encode(vector.content)), vector.content_hex);
    const identity = file.identities[vector.verifier];
    for (const content of [vector.content, bytes]) {
      equal('etag', api.contentEtag(content), vector.etag);
      const parsed = api.parseAgentMd(content);
      equal('payload bytes', utf8Encode(parsed.payload).length, vector.parsed.payload_bytes);
      equal('fields', parsed.fields, vector.parsed.fields);
      equal('parse error', parsed.parseError ?? null, vector.parsed.parse_error);
      equal('aid', api.extractAgentMdAid(parsed.payload), vector.payload_aid);
      equal('signed bytes', hexEncode(utf8Encode(parsed.payload)), vector.signed_bytes_hex);
      equal('hash', hexEncode(sha256(utf8Encode(parsed.payload))), vector.signed_bytes_sha256);
      const certValid = vector.verifier_cert_valid;
      const options = { now, ...(certValid === undefined ? {} : { certValid }) };
      const result = api.verifyAgentMd(content, identity.cert_pem, identity.aid, options);
      equal('ok', result.ok, vector.expected.ok);
      if (!result.ok) {
        equal('code', result.error.code, vector.expected.error.code);
        continue;
      }
      const { warnings: _ours, ...data } = result.data;
      equal('data', data, vector.expected.data);
    }
  },

  sign(api, vector, file) {
    const identity = file.identities[vector.signer];
    const privateKey = PrivateKey.fromPem(identity.private_key_pem);
    equal('payload', api.normalizeAgentMdPayload(vector.input), vector.normalized_payload);
    equal('payload bytes', hexEncode(utf8Encode(vector.normalized_payload)), vector.signed_bytes_hex);
    for (const input of [vector.input, hexDecode(vector.input_hex)]) {
      const signed = api.signAgentMd(input, {
        certPem: identity.cert_pem,
        privateKey,
        now: vector.timestamp * 1000,
      });
      equal('prefix', signed.slice(0, vector.output_prefix.length), vector.output_prefix);
      expectVerified(api, signed, identity);
      const again = api.signAgentMd(signed, { certPem: identity.cert_pem, privateKey, now });
      equal('one block', again.split(api.SIGNATURE_MARKER).length, signed.split(api.SIGNATURE_MARKER).length);
    }
    expectVerified(api, vector.sample_output, identity);
    equal('sample etag', api.contentEtag(vector.sample_output), vector.sample_output_etag);
    const { fields } = api.parseAgentMd(vector.sample_output);
    const rebuilt = api.buildSignatureBlock({
      certFingerprint: fields?.cert_fingerprint ?? '',
      publicKeyFingerprint: fields?.public_key_fingerprint,
      timestamp: Number(fields?.timestamp),
      signature: fields?.signature ?? '',
    });
    equal('block', vector.normalized_payload + rebuilt, vector.sample_output);
  },

  frontmatter_aid(api, vector) {
    equal('aid', api.extractAgentMdAid(vector.payload), vector.aid);
  },

  fingerprints(api, vector, file) {
    const { cert_pem } = file.identities[file.fingerprints.identity];
    equal('normalized', api.normalizeFingerprint(vector.value), vector.normalized);
    equal('certificate', api.certMatchesFingerprint(cert_pem, vector.value), vector.matches_cert);
    equal('public key', api.publicKeyMatchesFingerprint(cert_pem, vector.value), vector.matches_public_key);
  },
};

/** The cases of a section. */
export function casesOf(file: VectorFile, section: string): readonly Case[] {
  return section === 'fingerprints' ? file.fingerprints.cases : file[section];
}

function expectVerified(api: Api, document: string, identity: Case): void {
  const result = api.verifyAgentMd(document, identity.cert_pem, identity.aid, { now });
  equal('status', result.ok ? result.data.status : result.error.message, 'verified');
}

function equal(what: string, actual: unknown, expected: unknown): void {
  if (stableStringify(actual) !== stableStringify(expected)) {
    throw new Error(`${what}: got ${stableStringify(actual)}, expected ${stableStringify(expected)}`);
  }
}
