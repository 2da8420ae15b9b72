import { canonicalJson } from 'aun-core';
import type { P2PAad } from './envelope.js';

/**
 * `canonicalJson` of the AAD of a P2P message, whose members are known: no keys to list and sort. Anything a type does
 * not promise at run time takes the general way, which names the member at fault.
 */
export function p2pAadText(aad: P2PAad): string {
  const { from, from_device: device, message_id: id, suite, timestamp, to, wrap_protocol: protocol } = aad;
  if (typeof from !== 'string' || typeof device !== 'string' || typeof id !== 'string')
    return canonicalJson(aad);
  if (typeof suite !== 'string' || typeof to !== 'string' || typeof protocol !== 'string') {
    return canonicalJson(aad);
  }
  return (
    `{"from":${canonicalJson(from)},"from_device":${canonicalJson(device)},"message_id":${canonicalJson(id)},` +
    `"suite":${canonicalJson(suite)},"timestamp":${canonicalJson(timestamp)},"to":${canonicalJson(to)},` +
    `"wrap_protocol":${canonicalJson(protocol)}}`
  );
}
