import type { Generated } from 'kysely';

/** Tables of migration 0004 (02 §20.4). Times in Unix milliseconds. */
export interface FederationTables {
  federation_peers: { issuer: string; first_reached: number; last_reached: number };
  federation_outbox: {
    outbox_id: Generated<number>;
    from_aid: string;
    to_aid: string;
    message_id: string;
    relay_id: string;
    relay: string;
    accepted_at: number;
    expires_at: number;
  };
  federation_sent: { from_aid: string; message_id: string; to_aid: string; expires_at: number };
  federation_relays: { from_issuer: string; relay_id: string; outcome: string; expires_at: number };
  federation_certs: { aid: string; cert_sha256: string; pem: string; chain: string; verified_at: number };
}
