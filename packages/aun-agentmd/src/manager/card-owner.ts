import {
  parseAid,
  type Result,
  resultErr,
  resultOk,
  ValidationError,
  validateGroupAIDFormat,
} from 'aun-core';

/** The owner of a card: an AID or a group AID with its issuer, trimmed and in lower case (09 §4). */
export function parseCardOwner(input: unknown): Result<string, 'INVALID_AID_FORMAT'> {
  const aid = parseAid(input);
  if (aid.ok || typeof input !== 'string') return aid;
  try {
    const group = validateGroupAIDFormat(input);
    return group.includes('.') ? resultOk(group) : resultErr('INVALID_AID_FORMAT', aid.error.message);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return aid;
  }
}
