/** What a group bootstrap says about membership (03 §12.2, 05 §9.6). */
export interface MembershipView {
  /** Current members that are in the committed snapshot. */
  readonly committed: readonly string[];
  readonly pendingAdds: readonly string[];
  readonly pendingRemoves: readonly string[];
  /** Members whose devices a bootstrap hands out. */
  readonly visible: readonly string[];
  readonly securityLevel: 'end_to_end' | 'transport';
}

const openModes: readonly string[] = ['open', 'invite_code', 'invite_only'];

/** Derives the view from current members, the last confirmed snapshot and the join mode. */
export function membershipView(input: {
  readonly members: readonly string[];
  /** Members of the last confirmed snapshot; ignored at version 0. */
  readonly snapshotMembers: readonly string[];
  readonly stateVersion: number;
  readonly joinMode: string;
}): MembershipView {
  const { members, stateVersion } = input;
  const isOpen = openModes.includes(input.joinMode);
  const securityLevel = isOpen ? 'transport' : 'end_to_end';
  if (stateVersion <= 0) {
    return { committed: members, pendingAdds: [], pendingRemoves: [], visible: members, securityLevel };
  }
  const current = new Set(members);
  const signed = new Set(input.snapshotMembers);
  const committed = members.filter((aid) => signed.has(aid));
  return {
    committed,
    pendingAdds: members.filter((aid) => !signed.has(aid)),
    pendingRemoves: input.snapshotMembers.filter((aid) => !current.has(aid)),
    visible: isOpen ? members : committed,
    securityLevel,
  };
}
