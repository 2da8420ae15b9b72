import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly kind: 'run';
  /** Texts to send; empty = take them from standard input, or a default. */
  readonly texts: readonly string[];
  readonly keep: boolean;
  readonly debug: boolean;
  readonly port: number;
}

type Parsed = DemoOptions | { readonly kind: 'help' | 'usage-error'; readonly text: string };

const help = `Usage: npm run demo -- [options] ["a text" ...]

Two agents on a gateway of their own exchange end-to-end encrypted messages. Each text is one message;
without texts, lines on standard input are sent, and without those a default.

  --keep        leave the gateway running and print how to connect a third agent
  --port PORT   let the gateway listen on this port (default: a free one)
  --debug       show stack traces and the gateway's log
  --help        show this text`;

export function parseOptions(args: readonly string[]): Parsed {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return { kind: 'usage-error', text: `${(error as Error).message}\n\n${help}` };
  }
  const { values, positionals } = parsed;
  if (values.help) return { kind: 'help', text: help };
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65535) {
    return { kind: 'usage-error', text: `--port must be a number from 0 to 65535, not "${values.port}"` };
  }
  return { kind: 'run', texts: positionals, keep: values.keep, debug: values.debug, port };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      keep: { type: 'boolean', default: false },
      debug: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
      port: { type: 'string', default: '0' },
    },
  });
}
