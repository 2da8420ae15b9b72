// Prints how many bytes per recipient a group encrypt allocates, on the V8 heap and outside of it. The young generation
// has to be so large (--min-semi-space-size) that nothing is collected while it counts.
import { PrivateKey } from 'aun-crypto';
import { encryptGroup } from 'aun-e2ee';

const members = Number(process.argv[2]);
const key = PrivateKey.generate();
const sender = { aid: 'sender.agents.example', deviceId: 'desk', identityKey: key };
const targets = Array.from({ length: members }, (_, i) => ({
  aid: `member-${String(i).padStart(5, '0')}.agents.example`,
  deviceId: 'device',
  role: 'member',
  keySource: 'group_device_prekey',
  identityKey: key.publicKey,
  prekey: key.publicKey,
  prekeyId: key.publicKey.keyId(),
}));
const encrypt = (some) =>
  encryptGroup({
    sender,
    targets: some,
    payload: { type: 'text', text: 'hi' },
    groupId: 'crew.agents.example',
    epoch: 1,
  });

const used = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

for (let i = 0; i < 20; i++) encrypt(targets.slice(0, 50));
globalThis.gc();
const before = used();
const rounds = Math.ceil(2_000 / members);
for (let i = 0; i < rounds; i++) {
  if (encrypt(targets).recipients.length !== members) throw new Error('a row is missing');
}
console.log(Math.round((used() - before) / (rounds * members)));
