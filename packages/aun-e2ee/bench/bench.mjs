/**
 * Encrypt, open and validate against the bound of the curve (or hash) work, cold and warm, one thread; then the pool.
 * `node bench/bench.mjs` uses OpenSSL, `node --conditions=browser bench/bench.mjs` the browser backend.
 */
import { createHash, hash } from 'node:crypto';
import { PrivateKey, PublicKey } from 'aun-crypto';
import { encryptGroup, encryptP2P, openEnvelope, RecipientCache } from 'aun-e2ee';
import { validateGroupEnvelope, validateP2PEnvelope } from 'aun-e2ee/validate';
import { encryptBound, openBound } from './bound.mjs';
import { measure, perSecond } from './measure.mjs';

const isPortable = process.execArgv.some((arg) => arg.includes('browser'));
const now = 1_767_225_600_000;
const sender = { aid: 'ivo.agents.example', deviceId: 'laptop-3f', identityKey: PrivateKey.generate() };
const payload = { type: 'text', text: 'a message of ordinary length, forty to sixty characters' };
const sizes = isPortable ? [1, 2, 10] : [1, 2, 10, 100, 1000];

const people = Array.from({ length: sizes.at(-1) }, (_, i) => ({
  aid: `member-${i}.agents.example`,
  identity: PrivateKey.generate(),
  spk: PrivateKey.generate(),
}));
const recipients = people.map(({ identity, spk }) => ({
  identityKey: identity.publicKey,
  prekey: spk.publicKey,
}));

function targetsOf(count, threeDh, role) {
  return people.slice(0, count).map(({ aid, identity, spk }) => ({
    ...{ aid: role === 'peer' ? 'noor.agents.example' : aid, deviceId: threeDh ? aid : '', role },
    keySource: threeDh ? 'peer_device_prekey' : 'aid_master',
    identityKey: PublicKey.fromSpki(identity.publicKey.spki),
    prekey: threeDh ? PublicKey.fromSpki(spk.publicKey.spki) : null,
    prekeyId: threeDh ? spk.publicKey.keyId() : '',
  }));
}

function report(name, ours, bound) {
  const ratio = (bound / ours).toFixed(2);
  console.log(
    `${name.padEnd(38)} ${perSecond(ours).padStart(8)}/s  bound ${perSecond(bound).padStart(8)}/s  ratio ${ratio}`,
  );
}

console.log(
  `node ${process.version}, OpenSSL ${process.versions.openssl}, ${isPortable ? 'noble' : 'node:crypto'}`,
);

for (const count of sizes) {
  for (const threeDh of [false, true]) {
    const isP2P = count <= 2;
    const role = isP2P ? 'peer' : 'member';
    const encrypt = (targets, options) =>
      isP2P
        ? encryptP2P({ sender, targets, payload }, options)
        : encryptGroup({ sender, targets, payload, groupId: 'crew.agents.example', epoch: 1 }, options);
    const cache = new RecipientCache();
    const kept = targetsOf(count, threeDh, role);
    const best = measure({
      cold: () => encrypt(targetsOf(count, threeDh, role)),
      boundCold: encryptBound(sender.identityKey, recipients.slice(0, count), { threeDh, warm: false }),
      warm: () => encrypt(kept, { cache }),
      boundWarm: encryptBound(sender.identityKey, recipients.slice(0, count), { threeDh, warm: true }),
    });
    const what = `${isP2P ? 'P2P' : 'group'} encrypt ${threeDh ? '3DH' : '1DH'} x${count}`;
    report(`${what} cold`, best.cold, best.boundCold);
    report(`${what} warm`, best.warm, best.boundWarm);
  }
}

for (const threeDh of [false, true]) {
  const [target] = targetsOf(1, threeDh, 'peer');
  const envelope = encryptP2P({ sender, targets: [target], payload });
  const [person] = people;
  const keys = {
    ...{
      selfAid: target.aid,
      selfDeviceId: target.deviceId,
      identityKey: person.identity,
      prekey: person.spk,
    },
  };
  const senderSpki = sender.identityKey.publicKey.spki;
  const cache = new RecipientCache();
  const kept = { ...keys, senderKey: sender.identityKey.publicKey, cache };
  const best = measure({
    cold: () => openEnvelope(envelope, { ...keys, senderKey: PublicKey.fromSpki(senderSpki) }),
    boundCold: openBound(sender.identityKey, person, { threeDh, warm: false }),
    warm: () => openEnvelope(envelope, kept),
    boundWarm: openBound(sender.identityKey, person, { threeDh, warm: true }),
  });
  report(`open ${threeDh ? '3DH' : '1DH'} cold`, best.cold, best.boundCold);
  report(`open ${threeDh ? '3DH' : '1DH'} warm`, best.warm, best.boundWarm);
}

/** Two ways Node hashes; the bound is the faster one. */
function hashBound(rows) {
  const leaf = new Uint8Array(190);
  const node = new Uint8Array(83);
  let nodes = 0;
  for (let layer = rows; layer > 1; layer = Math.ceil(layer / 2)) nodes += Math.ceil(layer / 2);
  const times = (run) => () => {
    for (let i = 0; i < rows; i++) run(leaf);
    for (let i = 0; i < nodes; i++) run(node);
  };
  return {
    oneShot: times((bytes) => hash('sha256', bytes, 'buffer')),
    stream: times((bytes) => createHash('sha256').update(bytes).digest()),
  };
}

for (const count of sizes.filter((size) => size > 1)) {
  const isP2P = count <= 2;
  const targets = targetsOf(count, true, isP2P ? 'peer' : 'member');
  const message = { sender, targets, payload, timestamp: now };
  const group = { groupId: 'crew.agents.example', epoch: 1 };
  const envelope = isP2P ? encryptP2P(message) : encryptGroup({ ...message, ...group });
  const caller = { callerAid: sender.aid, deviceId: sender.deviceId, now, sizeBytes: 1 };
  const validate = isP2P
    ? () => validateP2PEnvelope(envelope, { ...caller, to: 'noor.agents.example' })
    : () => validateGroupEnvelope(envelope, { ...caller, groupAid: group.groupId, epoch: 1 });
  if (!validate().ok) throw new Error(JSON.stringify(validate().error));
  const best = measure({ ours: validate, ...hashBound(count) });
  report(`validate x${count}`, best.ours, Math.min(best.oneShot, best.stream));
}

if (!isPortable) {
  const { WrapPool } = await import('aun-e2ee/pool');
  const pool = new WrapPool();
  for (const threeDh of [false, true]) {
    for (const count of [100, 1000]) {
      const targets = targetsOf(count, threeDh, 'member');
      const message = { sender, targets, payload, groupId: 'crew.agents.example', epoch: 1 };
      const best = { one: Number.POSITIVE_INFINITY, pool: Number.POSITIVE_INFINITY };
      for (let round = 0; round < (count === 100 ? 20 : 6); round++) {
        const start = performance.now();
        encryptGroup(message);
        const middle = performance.now();
        await pool.encryptGroup(message);
        best.one = Math.min(best.one, (middle - start) * 1000);
        best.pool = Math.min(best.pool, (performance.now() - middle) * 1000);
      }
      const speed = (best.one / best.pool).toFixed(2);
      console.log(
        `pool: group encrypt ${threeDh ? '3DH' : '1DH'} x${count}`.padEnd(38),
        `${perSecond(best.pool).padStart(8)}/s  ${speed} times one thread`,
      );
    }
  }
  await pool.close();
}

const before = process.memoryUsage().heapUsed;
const big = encryptGroup({
  sender,
  targets: targetsOf(sizes.at(-1), false, 'member'),
  payload,
  groupId: 'g.a.b',
  epoch: 1,
});
const grown = process.memoryUsage().heapUsed - before;
console.log(
  `heap for one group encrypt x${sizes.at(-1)}: ${(grown / 1024).toFixed(0)} KiB, envelope ${(JSON.stringify(big).length / 1024).toFixed(0)} KiB`,
);
