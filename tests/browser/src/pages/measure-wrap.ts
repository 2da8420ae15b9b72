import { ecdh, hexEncode, PrivateKey, PublicKey } from 'aun-crypto';
import { deriveWrapKey, wrapMasterKey } from 'aun-e2ee';
import { importOwn, importPeer, subtleEcdh, subtleWrap } from './subtle.js';
import { bestOf } from './timing.js';

/** Milliseconds for all peers of a message, peers' keys parsed or imported included. */
export interface WrapTimes {
  /** ECDH alone: the page's backend. */
  readonly ecdh: number;
  /** ECDH alone: WebCrypto, each awaited before the next, and all at once. */
  readonly subtleEcdhSequential: number;
  readonly subtleEcdhParallel: number;
  /** HKDF and AES-GCM alone: the page's backend, and WebCrypto all at once. */
  readonly rest: number;
  readonly subtleRest: number;
  /** A whole 1DH wrap: the page's backend; its ECDH on WebCrypto; all of it on WebCrypto. */
  readonly wrap: number;
  readonly wrapWithSubtleEcdh: number;
  readonly wrapWithSubtle: number;
}

/** @throws when the ways give different bytes */
export async function wrapTimes(peers: number, rounds: number): Promise<WrapTimes> {
  const own = PrivateKey.generate();
  const ownSubtle = await importOwn(own.toPkcs8());
  const spkis = Array.from({ length: peers }, () => new Uint8Array(PrivateKey.generate().publicKey.spki));
  const [salt, nonce, masterKey] = [new Uint8Array(16), new Uint8Array(12), new Uint8Array(32)];
  type Spki = (typeof spkis)[number];

  const agree = (spki: Spki) => ecdh(own, PublicKey.fromSpki(spki));
  const seal = (secret: Uint8Array) => wrapMasterKey(deriveWrapKey('1DH', [secret], salt), nonce, masterKey);
  const agreeSubtle = async (spki: Spki) => subtleEcdh(ownSubtle, await importPeer(spki));
  const sealSubtle = (secret: Spki) => subtleWrap(secret, salt, nonce, masterKey);

  const ways = {
    wrap: async () => spkis.map((spki) => seal(agree(spki))),
    wrapWithSubtleEcdh: async () => (await Promise.all(spkis.map(agreeSubtle))).map(seal),
    wrapWithSubtle: () => Promise.all(spkis.map(async (spki) => sealSubtle(await agreeSubtle(spki)))),
  };
  const results = await Promise.all(
    Object.values(ways).map(async (way) => (await way()).map(hexEncode).join()),
  );
  if (new Set(results).size !== 1) throw new Error('WebCrypto and aun-crypto disagree');

  const secrets = await Promise.all(spkis.map(agreeSubtle));
  return {
    ecdh: await bestOf(rounds, () => spkis.map(agree)),
    subtleEcdhSequential: await bestOf(rounds, async () => {
      for (const spki of spkis) await agreeSubtle(spki);
    }),
    subtleEcdhParallel: await bestOf(rounds, () => Promise.all(spkis.map(agreeSubtle))),
    rest: await bestOf(rounds, () => secrets.map(seal)),
    subtleRest: await bestOf(rounds, () => Promise.all(secrets.map(sealSubtle))),
    wrap: await bestOf(rounds, ways.wrap),
    wrapWithSubtleEcdh: await bestOf(rounds, ways.wrapWithSubtleEcdh),
    wrapWithSubtle: await bestOf(rounds, ways.wrapWithSubtle),
  };
}
