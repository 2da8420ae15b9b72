import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgent } from './agent.js';
import { converse } from './conversation.js';
import { inspectGateway } from './evidence.js';
import { explain } from './explain.js';
import { startGateway } from './gateway-process.js';
import { parseOptions } from './options.js';
import { readTexts } from './texts.js';
import { Timeline } from './timeline.js';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.kind !== 'run') {
    (options.kind === 'help' ? console.log : console.error)(options.text);
    return options.kind === 'help' ? 0 : 2;
  }

  const timeline = new Timeline();
  const folder = await mkdtemp(join(tmpdir(), 'aun-demo-'));
  const cleanup = new AbortController();
  process.once('SIGINT', () => cleanup.abort(new Error('interrupted')));
  process.once('SIGTERM', () => cleanup.abort(new Error('interrupted')));

  let keep = false;
  const closers: (() => Promise<void>)[] = [];
  try {
    const texts = await readTexts(options.texts, timeline);
    const gateway = await startGateway(join(folder, 'gateway'), cleanup.signal, options);
    closers.unshift(() => gateway.stop());
    timeline.gatewayStarted(gateway);

    await gateway.guard(async () => {
      const [alice, bobby] = await Promise.all(
        ['alice', 'bobby'].map((name) => createAgent(name, gateway, join(folder, name), timeline)),
      );
      if (alice === undefined || bobby === undefined) throw new Error('two agents were asked for');
      closers.unshift(
        () => alice.close(),
        () => bobby.close(),
      );
      const messages = await converse(alice, bobby, texts, timeline);
      await Promise.all([alice.client.disconnect(), bobby.client.disconnect()]);
      timeline.evidence(inspectGateway(gateway.dataDir, messages));
    });

    keep = options.keep;
    if (keep) {
      closers.splice(closers.length - 1, 1);
      gateway.release();
      timeline.keptGateway(gateway, join(folder, 'carol'));
    }
    return 0;
  } catch (error) {
    console.error(explain(error, options.debug));
    return 1;
  } finally {
    for (const close of closers) await close();
    if (!keep) await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
