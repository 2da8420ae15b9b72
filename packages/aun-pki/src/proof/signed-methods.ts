const methods = {
  message: 'send thought.put v2.ack v2.bootstrap v2.group_bootstrap v2.pull v2.put_peer_pk',
  group:
    'add_member ban batch_review_join_request bind_group_aid commit_state complete_transfer dissolve kick leave recall ' +
    'remove_member renew_group_aid request_join resume review_join_request send set_role set_settings suspend thought.put ' +
    'transfer_owner unban update update_announcement update_rules use_invite_code',
  'group.v2': 'ack bootstrap confirm_state get_proposal propose_state pull put_group_pk send',
  'group.fs':
    'check_upload complete_upload cp create_download_ticket create_upload_session mkdir mount mv remove_acl rm set_acl ' +
    'umount',
  storage:
    'append_object atomic_repoint batch_delete check_access complete_upload copy_object create_folder create_share_link ' +
    'create_symlink create_upload_session delete_folder delete_object delete_symlink get_by_share issue_token move_folder ' +
    'move_object put_object remove_acl rename_folder rename_symlink revoke_share_link revoke_token set_acl ' +
    'set_object_meta set_visibility',
  'storage.fs': 'approve copy invalidate_membership mkdir mount reject remove rename unmount',
  'storage.volume': 'create expire_due renew',
  collab: 'clone commit create gc prune revert tag.create tag.prune tag.restore tag.rm unregister',
} as const;

/** RPC methods whose params carry a client signature: the union over the public SDKs, 102 names (01 §15.3). */
export const SIGNED_METHODS: ReadonlySet<string> = new Set(
  Object.entries(methods).flatMap(([namespace, names]) =>
    names.split(' ').map((name) => `${namespace}.${name}`),
  ),
);

/** Does a client sign this method? A server never demands a signature because of this list (01 §15.3). */
export function isSignedMethod(method: string): boolean {
  return SIGNED_METHODS.has(method);
}
