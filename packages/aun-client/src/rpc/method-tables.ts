/** Methods that only the SDK itself sends (07 §6.10). */
export const INTERNAL_ONLY: ReadonlySet<string> = new Set([
  'auth.login1',
  'auth.aid_login1',
  'auth.login2',
  'auth.aid_login2',
  'auth.connect',
  'auth.refresh_token',
  'initialize',
]);

const NON_IDEMPOTENT_PATTERN =
  /\.(send|put|create|add_member|kick|leave|remove_member|ban|unban|suspend|resume|dissolve|recall|set_role|set_settings|update\w*|transfer_owner|complete_transfer|bind_\w+|renew_\w+|use_invite_code|request_join|review_join_request|batch_review_join_request|append_object|put_object|delete_\w+|batch_delete|move_\w+|copy\w*|rename\w*|create_\w+|complete_upload|set_\w+|remove_acl|issue_token|revoke_\w+|mount|umount|unmount|mkdir|rm|cp|mv|commit|merge|clone|prune|gc|revert|restore|unregister|renew|rekey|propose_state|confirm_state|remove|approve|reject)$/;

/** Shortest wait for calls whose timeout does not mean "not done" (07 §6.10), in milliseconds. */
export const NON_IDEMPOTENT_TIMEOUT_MS = 35_000;

/** True for sends, creates, changes and other calls that must not be given up early (07 §6.10). */
export const isNonIdempotent = (method: string): boolean => NON_IDEMPOTENT_PATTERN.test(method);

/** Send and put methods that are encrypted unless the caller says `encrypt: false` (07 §6.10). */
export type EncryptedMethod = 'message.send' | 'group.send' | 'message.thought.put' | 'group.thought.put';

const ENCRYPTED: ReadonlySet<string> = new Set([
  'message.send',
  'group.send',
  'message.thought.put',
  'group.thought.put',
] satisfies EncryptedMethod[]);

export const isEncryptedMethod = (method: string): method is EncryptedMethod => ENCRYPTED.has(method);
