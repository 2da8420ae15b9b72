import { styleText } from 'node:util';
import type { Evidence } from './evidence.js';
import type { GatewayProcess } from './gateway-process.js';
import type { ReceivedText } from './inbox.js';

interface Named {
  readonly name: string;
}

interface SendTimes {
  readonly started: number;
  readonly acknowledged: number;
}

const color = process.stdout.isTTY === true;
const paint = (style: Parameters<typeof styleText>[0], text: string) =>
  color ? styleText(style, text) : text;

/** Everything the demo prints: what happened, when, and how long it took. */
export class Timeline {
  private readonly started = performance.now();

  gatewayStarted(gateway: GatewayProcess): void {
    console.log(paint('bold', 'Two agents, one gateway, all on this machine\n'));
    this.note(
      `gateway ready after ${ms(gateway.startedAfterMs)}: issuer ${gateway.issuer}, port ${gateway.port}`,
    );
    this.note(`TLS is verified against ${gateway.rootCaPath}`);
  }

  heading(text: string): void {
    console.log(`\n${paint('bold', text)}`);
  }

  note(text: string): void {
    this.line(paint('dim', text));
  }

  async timed<T>(what: string, action: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await action();
    this.line(`${what} ${paint('dim', `(${ms(performance.now() - started)})`)}`);
    return result;
  }

  message(from: Named, to: Named, received: ReceivedText, times: SendTimes): void {
    const lock = received.encrypted ? 'encrypted' : 'NOT ENCRYPTED';
    const details = `#${received.seq}, ${lock}, stored after ${ms(times.acknowledged - times.started)}, read after ${ms(received.at - times.started)}`;
    this.line(`${route(from, to)}  ${quote(received.text)}\n            ${paint('dim', details)}`);
  }

  waiting(from: Named, to: Named, text: string, times: SendTimes): void {
    const details = `stored after ${ms(times.acknowledged - times.started)}, waiting for ${to.name}`;
    this.line(`${route(from, to)}  ${quote(text)}\n            ${paint('dim', details)}`);
  }

  evidence({ rows, bytesSearched, files, textsSearched }: Evidence): void {
    this.heading('What the gateway saw');
    for (const row of rows) {
      console.log(
        `  ${row.type}  ${String(row.bytes).padStart(7)} bytes  ${row.from} -> ${row.to}  rows: ${row.recipients.join(', ')}`,
      );
    }
    this.heading('What is in its database');
    console.log(
      `  searched ${files.length} files, ${bytesSearched} bytes, for ${textsSearched} texts: ` +
        paint('green', 'none of them is there'),
    );
    console.log('  (the message ids, which it may know, are: so the search looked in the right place)');
  }

  keptGateway(gateway: GatewayProcess, folder: string): void {
    this.heading('The gateway is still running. Connect a third agent with');
    console.log(`
  const store = new AIDStore({ aunPath: '${folder}', encryptionSeed: 'secret', rootCaPath: '${gateway.rootCaPath}', discoveryPort: ${gateway.port} });
  await store.register('carol.${gateway.issuer}');
  const client = new AUNClient(store.load('carol.${gateway.issuer}').data.aid); await client.connect();

Stop it with: kill ${gateway.pid}`);
  }

  private line(text: string): void {
    const seconds = ((performance.now() - this.started) / 1000).toFixed(3);
    console.log(`${paint('dim', `${seconds.padStart(7)} s`)}  ${text}`);
  }
}

function route(from: Named, to: Named): string {
  return paint('cyan', `${from.name} -> ${to.name}`);
}

function quote(text: string): string {
  const characters = [...text.replace(/\s+/g, ' ')];
  return characters.length <= 100
    ? `"${characters.join('')}"`
    : `"${characters.slice(0, 97).join('')}..." (${Buffer.byteLength(text)} bytes)`;
}

function ms(duration: number): string {
  return duration < 1000
    ? `${duration.toFixed(duration < 10 ? 1 : 0)} ms`
    : `${(duration / 1000).toFixed(1)} s`;
}
