import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('./memory-program.mjs', import.meta.url));

const flags = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

/** Bytes per recipient that an encrypt allocates, in a process that does nothing else. */
function bytesPerRecipient(members: number): number {
  const args = [...flags, program, String(members)];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

it('encrypting to a group allocates memory in proportion to its members', () => {
  const [hundred, thousand] = [bytesPerRecipient(100), bytesPerRecipient(1000)];
  expect(hundred).toBeGreaterThan(1_000);
  expect(hundred).toBeLessThan(64_000);
  // Anything quadratic would make this a multiple of ten.
  expect(thousand / hundred).toBeLessThan(1.5);
});
