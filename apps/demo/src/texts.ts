import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Timeline } from './timeline.js';

const defaultTexts = ['Hello Bobby, are you there?', 'Could you book a table for two tonight? 🍝'];

/** A producer that has not begun to write after this time is taken for a terminal nobody types into. */
const firstByteMs = 1000;

/** The person's texts: arguments first, then lines of standard input, else a default. */
export async function readTexts(
  fromArguments: readonly string[],
  timeline: Timeline,
): Promise<readonly string[]> {
  if (fromArguments.length > 0) return fromArguments;
  const lines = standardInputIsGiven() ? await readLines() : [];
  if (lines.length > 0) return lines;
  timeline.note('no text given: using two of our own (npm run demo -- "your text")');
  return defaultTexts;
}

function standardInputIsGiven(): boolean {
  if (process.stdin.isTTY) return false;
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false;
  }
}

/** Lines that are not blank. Empty when nothing was written within {@link firstByteMs}. */
async function readLines(): Promise<string[]> {
  const input = process.stdin;
  input.setEncoding('utf8');
  const begun = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), firstByteMs);
    const begin = () => {
      clearTimeout(timer);
      resolve(true);
    };
    input.once('readable', begin).once('end', begin).once('error', begin);
  });
  if (!begun) {
    input.destroy();
    return [];
  }
  const lines: string[] = [];
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') lines.push(line);
  }
  return lines;
}
