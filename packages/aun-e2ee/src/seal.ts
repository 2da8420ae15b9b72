import { base64Encode, hexEncode, signRaw, signRawAsync, wipe } from 'aun-crypto';
import { ENVELOPE_VERSION, KeySource, SUITE } from './constants.js';
import type { Draft, EncryptOptions } from './draft.js';
import type { EnvelopeBase, RecipientRow } from './envelope.js';
import { recipientsRoot, sortRecipients } from './merkle.js';
import { authenticateMetadata } from './metadata.js';
import { type Target, targetProtocol } from './target.js';
import { signInput } from './wrap.js';

/** All that an envelope lacks is its signature. */
interface Unsigned {
  readonly rows: RecipientRow[];
  readonly digest: Uint8Array;
  readonly metadata: MetadataMembers;
  /** What `sender_signature` covers. */
  readonly input: Uint8Array;
}

/** Steps 8-11 of 03 §5.1: rows, digest, signature and metadata. Wipes the draft's master key. */
export function sealEnvelope(
  draft: Draft,
  wrapped: readonly Uint8Array[],
  options: EncryptOptions,
): EnvelopeBase {
  const unsigned = finishDraft(draft, wrapped);
  return assemble(draft, unsigned, signRaw(draft.sender.identityKey, unsigned.input, signOptions(options)));
}

/** {@link sealEnvelope} with the signature by the platform's fastest way. */
export async function sealEnvelopeAsync(
  draft: Draft,
  wrapped: readonly Uint8Array[],
  options: EncryptOptions,
): Promise<EnvelopeBase> {
  const unsigned = finishDraft(draft, wrapped);
  const signature = await signRawAsync(draft.sender.identityKey, unsigned.input, signOptions(options));
  return assemble(draft, unsigned, signature);
}

/** With injected randomness whole envelopes compare byte for byte (03 §0). */
const signOptions = ({ random, deterministic = random !== undefined }: EncryptOptions) => ({ deterministic });

function finishDraft(draft: Draft, wrapped: readonly Uint8Array[]): Unsigned {
  const rows = sortRecipients(draft.targets.map((target, i) => rowOf(draft, target, i, wrapped[i])));
  const digest = recipientsRoot(rows);
  const metadata = metadataMembers(draft);
  wipe(draft.masterKey);
  draft.sessionKey.wipe();
  return { rows, digest, metadata, input: signInput(draft.ciphertext, draft.tag, draft.aadBytes, digest) };
}

function assemble(draft: Draft, { rows, digest, metadata }: Unsigned, signature: Uint8Array): EnvelopeBase {
  return {
    version: ENVELOPE_VERSION,
    suite: SUITE,
    msg_type: 'original',
    t_send: draft.timestamp,
    t_server: null,
    nonce: base64Encode(draft.bodyNonce),
    ciphertext: base64Encode(draft.ciphertext),
    tag: base64Encode(draft.tag),
    sender_signature: base64Encode(signature),
    sender_cert_fingerprint: draft.sender.identityKey.publicKey.keyId(),
    sender_session_pk: base64Encode(draft.sessionSpki),
    recipients_digest: hexEncode(digest),
    recipients: rows,
    ...metadata,
  };
}

function rowOf(draft: Draft, target: Target, index: number, wrapped: Uint8Array | undefined): RecipientRow {
  const { aid, deviceId, role, keySource, identityKey, prekeyId } = target;
  const nonce = base64Encode(draft.wrapNonces[index] ?? new Uint8Array(0));
  const key = base64Encode(wrapped ?? new Uint8Array(0));
  return targetProtocol(target) === '3DH'
    ? [aid, deviceId, role, keySource, identityKey.keyId(), prekeyId, nonce, key]
    : [aid, deviceId, role, KeySource.aidMaster, identityKey.keyId(), '', nonce, key];
}

type MetadataMembers = Pick<EnvelopeBase, 'payload_type' | 'protected_headers' | 'context'>;

function metadataMembers({ masterKey, payloadType, headers, context }: Draft): MetadataMembers {
  const signed = context === null ? {} : authenticateMetadata(masterKey, 'context', context);
  return {
    ...(payloadType === '' ? {} : { payload_type: payloadType }),
    protected_headers: authenticateMetadata(masterKey, 'protected_headers', headers),
    ...(Object.keys(signed).length === 0 ? {} : { context: signed }),
  };
}
