import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { carried, isSentence, startDemo } from '../src/demo.js';
import { isRunning, processesWith } from '../src/processes.js';
import { run } from '../src/program.js';
import { type Scope, testScope } from '../src/scope.js';
import { until } from '../src/until.js';

const away = ['You are offline, so this one waits for you.', 'And this one comes after it.'];

/** Neither a process nor a file. */
const expectNothingLeft = (folder: string): void => {
  expect(processesWith(folder)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
};

const runDemo = async (scope: Scope, ...rest: [args?: readonly string[], options?: { input?: string }]) => {
  const { folder, demo } = await startDemo(scope, ...rest);
  return { folder, ...(await demo.ended()) };
};

describe('the demo', () => {
  it('carries its own texts when none is given', async () => {
    const { code, stdout, stderr, folder } = await runDemo(testScope());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(carried(stdout)).toHaveLength(2 + away.length + 1);
    expect(stdout).toContain('none of them is there');
    expect(stdout).not.toContain('NOT ENCRYPTED');
    expectNothingLeft(folder);
  });

  it('carries the texts of its arguments', async () => {
    const texts = ['Ein erster Satz', '--', 'ein zweiter: "so" & so'];
    const { code, stdout, folder } = await runDemo(testScope(), ['--', ...texts]);
    expect(code).toBe(0);
    expect(carried(stdout).slice(0, texts.length)).toEqual(texts);
    expectNothingLeft(folder);
  });

  it('carries lines of standard input: several, emoji, 100 KB', async () => {
    const long = 'x'.repeat(100 * 1024);
    const lines = ['first line', 'zwölf Boxkämpfer 🥊 jagen Viktor 👩‍👩‍👧 über den Deich', long, 'last line'];
    const { code, stdout, folder } = await runDemo(testScope(), [], { input: `${lines.join('\n')}\n` });
    expect(code).toBe(0);
    expect(stdout).toContain(`${long.length} characters. Thank you!`);
    expect(stdout).toContain(`(${long.length} bytes)`);
    const texts = carried(stdout);
    expect([texts[0], texts[1], texts.at(3)]).toEqual([lines[0], lines[1], lines[3]]);
    expect(stdout).toContain('none of them is there');
    expectNothingLeft(folder);
  });

  it('refuses a wrong flag with exit code 2 and says which one', async () => {
    const { code, stdout, stderr, folder } = await runDemo(testScope(), ['--frobnicate']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('--frobnicate');
    expect(stderr).toContain('Usage:');
    expect(stderr).not.toMatch(/^\s+at /m);
    expectNothingLeft(folder);
  });

  it.each(['http', '-1', '65536'])('refuses the port "%s"', async (port) => {
    const { code, stderr } = await runDemo(testScope(), [`--port=${port}`]);
    expect(code).toBe(2);
    expect(isSentence(stderr)).toBe(true);
    expect(stderr).toContain(port);
  });

  it('says so when its port is in use', async () => {
    const scope = testScope();
    const server = createServer().listen(0, '127.0.0.1');
    scope.defer(() => server.close());
    await until('the port is taken', () => server.listening);
    const address = server.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    const { code, stderr, folder } = await runDemo(scope, ['--port', port]);
    expect(code).toBe(1);
    expect(stderr).toContain(port);
    expect(stderr).toMatch(/another program uses this port/);
    expect(isSentence(stderr)).toBe(true);
    expectNothingLeft(folder);
  });

  it('says so when the gateway dies in the middle', async () => {
    const scope = testScope();
    const input = Array.from({ length: 3_000 }, (_, index) => `line ${index}`).join('\n');
    const { folder, demo } = await startDemo(scope, [], { input });
    await demo.says('alice -> bobby');
    const [gateway = 0] = processesWith(folder).filter((pid) => pid !== demo.pid);
    process.kill(gateway, 'SIGKILL');
    const { code, stderr } = await demo.ended();
    expect(code).toBe(1);
    expect(stderr).toContain('the gateway stopped in the middle (SIGKILL)');
    expect(isSentence(stderr)).toBe(true);
    expectNothingLeft(folder);
  });

  it('stops in order when it is interrupted', async () => {
    const scope = testScope();
    const input = Array.from({ length: 3_000 }, (_, index) => `line ${index}`).join('\n');
    const { folder, demo } = await startDemo(scope, [], { input });
    await demo.says('alice -> bobby');
    process.kill(demo.pid, 'SIGINT');
    const { code } = await demo.ended();
    expect(code).not.toBe(0);
    expectNothingLeft(folder);
  });
});

describe('the demo with --keep', () => {
  it('leaves a gateway to which the printed lines connect a third agent', async () => {
    const scope = testScope();
    const { folder, demo } = await startDemo(scope, ['--keep', 'Hello']);
    scope.defer(() => {
      for (const pid of processesWith(folder)) process.kill(pid, 'SIGKILL');
    });
    const { code, stdout } = await demo.ended();
    expect(code).toBe(0);
    const pid = Number(/kill (\d+)/.exec(stdout)?.[1]);
    expect(isRunning(pid)).toBe(true);

    const lines = stdout.split('\n').filter((line) => /^ {2}(const|await) /.test(line));
    expect(lines).toHaveLength(3);
    const program = [
      `import { AIDStore, AUNClient } from 'aun-client';`,
      ...lines,
      `console.log(client.aid, client.state); await client.close(); store.close();`,
    ].join('\n');
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const third = await run(scope, ['--input-type=module', '--eval', program], { cwd });
    expect(third).toMatchObject({ code: 0, stdout: 'carol.aun.localhost ready\n' });

    process.kill(pid, 'SIGTERM');
    await until('the gateway has stopped', () => !isRunning(pid));
    expect(processesWith(folder)).toEqual([]);
  });
});
