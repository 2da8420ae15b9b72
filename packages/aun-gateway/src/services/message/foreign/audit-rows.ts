import { isJsonObject, issuerOf } from 'aun-core';

/**
 * AIDs that may stand in `audit` rows of an envelope. Between two domains each one checks its own auditors; those of
 * the other domain are none of its business.
 */
export const auditAidsFor = (
  own: readonly string[],
  payload: unknown,
  otherIssuer: string | undefined,
): readonly string[] => {
  const rows = isJsonObject(payload) && otherIssuer !== undefined ? payload.recipients : undefined;
  if (!Array.isArray(rows)) return own;
  const theirs = rows.flatMap((row) => {
    const [aid, , role] = Array.isArray(row) ? row : [];
    return role === 'audit' && typeof aid === 'string' && issuerOf(aid) === otherIssuer ? [aid] : [];
  });
  return [...own, ...theirs];
};
