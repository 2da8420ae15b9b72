import { parseArgs } from 'node:util';

export interface BenchArguments {
  readonly json?: string;
  readonly only?: string;
  readonly full: boolean;
  readonly help: boolean;
}

export const USAGE = `usage: npm run bench [-- [--json FILE] [--only NAME] [--full]]
  --json FILE   also write [{name, backend, opsPerSecond, bound, ratio}]
  --only NAME   only rows whose area or name contains NAME, long ones included
  --full        also the rows that take long (thousands of connections, large backlogs)`;

/** Throws a TypeError that names the wrong flag. */
export function readArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      only: { type: 'string' },
      full: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    strict: true,
    allowPositionals: false,
  });
  return {
    help: values.help,
    full: values.full,
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.only === undefined ? {} : { only: values.only }),
  };
}
