import { AIDStore, AUNClient } from 'aun-client';

const { AUN_AID = 'echo-agent.aun.localhost', AUN_SEED = '', AUN_ROOT_CA, AUN_PORT } = process.env;

const store = new AIDStore({
  aunPath: '~/.aun/echo-agent',
  encryptionSeed: AUN_SEED,
  rootCaPath: AUN_ROOT_CA ?? null,
  discoveryPort: AUN_PORT ? Number(AUN_PORT) : null,
});
const registered = await store.register(AUN_AID);
if (!registered.ok) throw new Error(registered.error.message);
const loaded = store.load(AUN_AID);
if (!loaded.ok) throw new Error(loaded.error.message);

const client = new AUNClient(loaded.data.aid);
client.on('message.received', ({ from, payload }) => client.call('message.send', { to: from, payload }));
await client.connect();
console.log(`${AUN_AID} echoes what it is told; stop it with Ctrl-C`);
process.once('SIGINT', () => client.close());
