import { type Aid, parseAid, splitAid } from 'aun-core';
import { invalidParams } from '../../rpc/failure.js';

/** Names of the network itself (01 §1.1). */
const reservedNames = new Set(
  (
    'group auth gateway pki trust proxy storage stream mail message registry search relay meta root admin issuer ' +
    'nameservice federation system __system__'
  ).split(' '),
);

/** X.509 limits a common name to 64 characters (01 §1.1). */
const maxAidLength = 64;

/** Normalises and checks the format of an AID param; -32602 names what is wrong. */
export const requireAid = (text: string): Aid => {
  const parsed = parseAid(text);
  if (!parsed.ok) throw invalidParams('aid', parsed.error.message);
  return parsed.data;
};

/** The server rules for a name that an agent wants to register (01 §1.1). */
export const requireRegistrable = (text: string, serves: (issuer: string) => boolean): Aid => {
  const aid = requireAid(text);
  const { name, issuer } = splitAid(aid);
  if (aid.length > maxAidLength)
    throw invalidParams('aid', `invalid AID: longer than ${maxAidLength} characters`);
  if (name.startsWith('g-'))
    throw invalidParams('aid', 'invalid AID: names that begin with "g-" belong to groups');
  if (/^[0-9]+$/.test(name)) throw invalidParams('aid', 'invalid AID: names of digits only belong to groups');
  if (reservedNames.has(name)) throw invalidParams('aid', `invalid AID: the name "${name}" is reserved`);
  if (!serves(issuer)) throw invalidParams('aid', `issuer not served: ${issuer}`);
  return aid;
};
