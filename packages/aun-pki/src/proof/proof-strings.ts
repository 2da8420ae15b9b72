import { hexEncode, sha256, utf8Encode } from 'aun-crypto';

/** Signed bytes of `auth.aid_login2`: `{nonce}:{client_time}`, both verbatim as on the wire (01 §2.2, §9.2). */
export function login2ProofText(nonce: string, clientTime: string): string {
  return `${nonce}:${clientTime}`;
}

/** Signed bytes of `auth.renew_cert`: the nonce (01 §12.1). */
export function renewProofText(nonce: string): string {
  return nonce;
}

/** Signed bytes of `auth.rekey`: nonce and the base64 text of the new SPKI, no separator (01 §12.2). */
export function rekeyProofText(nonce: string, newPublicKeyB64: string): string {
  return `${nonce}${newPublicKeyB64}`;
}

/** Ids common to the group proofs; they are lower-cased in the signed text (01 §2.2). */
export interface GroupProofIds {
  readonly groupId: string;
  readonly groupAid: string;
  /** 32 hex digits. */
  readonly nonce: string;
  /** Milliseconds since the epoch, an integer. */
  readonly issuedMs: number;
}

/** Signed by the group key: the owner hands the group over (01 §2.2, §13). */
export function groupTransferProofText(proof: GroupProofIds & { readonly newOwner: string }): string {
  return join('aun-group-owner-transfer-v1', proof, proof.newOwner.toLowerCase());
}

/** Signed by the old group key: the group changes its key (01 §2.2, §13). Keys as base64 SPKI text. */
export function groupRenewProofText(
  proof: GroupProofIds & { readonly oldPublicKeyB64: string; readonly newPublicKeyB64: string },
): string {
  return join(
    'aun-group-aid-renew-v1',
    proof,
    textHash(proof.oldPublicKeyB64),
    textHash(proof.newPublicKeyB64),
  );
}

/** Signed by the new owner's AID key: the new owner accepts and names the group's new key (01 §2.2, §13). */
export function groupTransferAcceptProofText(
  proof: GroupProofIds & { readonly newOwner: string; readonly publicKeyB64: string },
): string {
  return join(
    'aun-group-owner-transfer-accept-v1',
    proof,
    proof.newOwner.toLowerCase(),
    textHash(proof.publicKeyB64),
  );
}

function join(purpose: string, proof: GroupProofIds, ...middle: readonly string[]): string {
  return [
    purpose,
    proof.groupId.toLowerCase(),
    proof.groupAid.toLowerCase(),
    ...middle,
    proof.nonce.toLowerCase(),
    String(proof.issuedMs),
  ].join('|');
}

/** Over the base64 text of the key, not over its bytes. */
function textHash(text: string): string {
  return hexEncode(sha256(utf8Encode(text)));
}
