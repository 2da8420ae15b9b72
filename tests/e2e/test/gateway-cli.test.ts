import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connected, say } from '../src/agent.js';
import { isSentence } from '../src/demo.js';
import { GatewayProcess, gatewayCli } from '../src/gateway-process.js';
import { run } from '../src/program.js';
import { testScope } from '../src/scope.js';
import { unprivileged } from '../src/unprivileged.js';

describe('a gateway that cannot start says why in a sentence and ends with code 1', () => {
  it('when its port is taken', async () => {
    const scope = testScope();
    const first = await GatewayProcess.start(scope);
    const args = ['dev', '--json', '--port', String(first.port), '--data', await scope.folder()];
    const { code, stdout, stderr } = await run(scope, [gatewayCli, ...args]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(String(first.port));
    expect(isSentence(stderr)).toBe(true);
  });

  it('when another gateway uses its folder; that one does not mind', async () => {
    const scope = testScope();
    const first = await GatewayProcess.start(scope);
    const nora = await connected(scope, first, 'nora');
    const args = ['dev', '--json', '--port', '0', '--data', first.dataDir];
    const { code, stderr } = await run(scope, [gatewayCli, ...args]);
    expect(code).toBe(1);
    expect(stderr).toContain(first.dataDir);
    expect(isSentence(stderr)).toBe(true);
    await say(nora, nora, 'a note to myself');
    await nora.inbox.has('a note to myself');
  });

  it('when it may not write in its folder', async () => {
    const scope = testScope();
    const folder = await scope.folder();
    await chmod(folder, 0o555);
    const args = ['dev', '--json', '--port', '0', '--data', join(folder, 'data')];
    const { code, stderr } = await unprivileged(() => run(scope, [gatewayCli, ...args]));
    await chmod(folder, 0o755);
    expect(code).toBe(1);
    expect(stderr).toContain(folder);
    expect(isSentence(stderr)).toBe(true);
  });

  it('when its configuration is wrong', async () => {
    const scope = testScope();
    const file = join(await scope.folder(), 'gateway.json');
    await writeFile(file, JSON.stringify({ limits: { wrapPolicy: '2DH' } }));
    const args = ['dev', '--port', '0', '--data', await scope.folder(), '--config', file];
    const { code, stderr } = await run(scope, [gatewayCli, ...args]);
    expect(code).toBe(1);
    expect(stderr).toContain('wrapPolicy');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('when a flag is wrong', async () => {
    const { code, stderr } = await run(testScope(), [gatewayCli, 'dev', '--frobnicate']);
    expect(code).toBe(1);
    expect(stderr).toContain('--frobnicate');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

it('a gateway that is asked to stop ends with code 0', async () => {
  const scope = testScope();
  const gateway = await GatewayProcess.start(scope);
  await connected(scope, gateway);
  expect(await gateway.stop()).toMatchObject({ code: 0, signal: null });
});
