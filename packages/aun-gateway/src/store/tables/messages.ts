import type { Generated } from 'kysely';

/** Tables of migration 0002 (04 §21.1). Times in Unix milliseconds, `spk_timestamp` in seconds. */
export interface MessageTables {
  devices: {
    device_no: Generated<number>;
    owner_aid: string;
    device_id: string;
    first_seen: number;
    last_seen: number;
    head_seq: Generated<number>;
    floor_seq: Generated<number>;
  };
  device_keys: {
    device_no: number;
    spk_id: string;
    spk_pk: string;
    spk_signature: string;
    spk_timestamp: number;
    is_current: number;
    created_at: number;
  };
  bodies: {
    body_id: Generated<number>;
    message_id: string;
    from_aid: string;
    to_aid: string;
    kind: number;
    type: string;
    t_server: number;
    expires_at: number;
    sender_device: string;
    sender_ip: string;
    content: string;
    recalled_at: number | null;
  };
  inbox: {
    device_no: number;
    seq: number;
    body_id: number;
    outbound: number;
    size: number;
    wrap: string;
  };
  cursors: { device_no: number; slot_key: string; ack_seq: number; updated_at: number };
}
