import { ecdh, PrivateKey, PublicKey, signRaw, verifyRaw } from 'aun-crypto';

/**
 * The elliptic curve work that no implementation can avoid, with the cheapest calls this platform was seen to offer
 * (`aun-crypto` chooses them by OpenSSL version; noble in browsers), key import included where it is cold.
 */
export function encryptBound(sender, recipients, { threeDh, warm }) {
  const spkis = recipients.map(({ identityKey, prekey }) => [identityKey.spki, prekey.spki]);
  const kept = spkis.map((pair) => pair.map((spki) => PublicKey.fromSpki(spki)));
  const message = new Uint8Array(256);
  return () => {
    const session = PrivateKey.generate();
    session.publicKey;
    for (let i = 0; i < spkis.length; i++) {
      const [identityKey, prekey] = warm ? kept[i] : spkis[i].map((spki) => PublicKey.fromSpki(spki));
      ecdh(session, identityKey);
      if (!threeDh) continue;
      ecdh(session, prekey);
      if (!warm) ecdh(sender, prekey);
    }
    signRaw(sender, message);
  };
}

export function openBound(sender, recipient, { threeDh, warm }) {
  const message = new Uint8Array(256);
  const signature = signRaw(sender, message);
  const session = PrivateKey.generate().publicKey.spki;
  const senderSpki = sender.publicKey.spki;
  const keptSender = PublicKey.fromSpki(senderSpki);
  const own = PrivateKey.fromScalar(recipient.identity.toScalar());
  const spk = PrivateKey.fromScalar(recipient.spk.toScalar());
  return () => {
    const from = warm ? keptSender : PublicKey.fromSpki(senderSpki);
    verifyRaw(from, message, signature);
    const sessionKey = PublicKey.fromSpki(session);
    ecdh(own, sessionKey);
    if (!threeDh) return;
    ecdh(spk, sessionKey);
    if (!warm) ecdh(spk, from);
  };
}
