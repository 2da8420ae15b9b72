/** Tables of migration 0003; times in Unix milliseconds. */
export interface RetentionPushTables {
  ack_marks: { marked_at: number; device_no: number; seq: number };
  push_config: { aid: string; push_notify_aid: string; push_token: string; updated_at: number };
}
