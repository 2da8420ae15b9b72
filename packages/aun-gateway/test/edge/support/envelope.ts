import { base64Encode, randomBytes } from 'aun-crypto';
import { recipientsDigest } from 'aun-e2ee/validate';

export type Row = readonly [string, string, string, string, string, string, string, string];

const suite = 'P256_HKDF_SHA256_AES_256_GCM';
const random = (bytes: number): string => base64Encode(randomBytes(bytes));

export const row = (aid: string, device: string, role: string): Row => [
  aid,
  device,
  role,
  'aid_master',
  'sha256:0123456789abcdef',
  '',
  random(12),
  random(48),
];

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** A well-formed V2 envelope with random key material and ciphertext: all that a gateway may look at is right. */
export function envelope(options: {
  readonly from: string;
  readonly device?: string;
  readonly to: string;
  readonly messageId?: string;
  readonly rows?: readonly Row[];
  readonly bytes?: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}) {
  const { from, to } = options;
  const now = Date.now();
  const unsorted = options.rows ?? [row(from, '', 'self_sync'), row(to, '', 'peer')];
  const recipients = [...unsorted].sort(
    (a, b) => compare(a[0], b[0]) || compare(a[1], b[1]) || compare(a[2], b[2]),
  );
  return {
    type: 'e2ee.p2p_encrypted',
    version: 'v2',
    suite,
    msg_type: 'original',
    t_send: now,
    nonce: random(12),
    ciphertext: random(options.bytes ?? 64),
    tag: random(16),
    sender_signature: random(64),
    sender_cert_fingerprint: 'sha256:0123456789abcdef',
    sender_session_pk: random(91),
    recipients_digest: recipientsDigest(recipients),
    recipients,
    aad: {
      from,
      from_device: options.device ?? 'd-1',
      to,
      message_id: options.messageId ?? `m-${base64Encode(randomBytes(12))}`,
      timestamp: now,
      suite,
      wrap_protocol: '1DH',
    },
    payload_type: 'text',
    ...options.extra,
  };
}
