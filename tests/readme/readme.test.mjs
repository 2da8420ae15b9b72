import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readmePrograms, runProgram } from '../../scripts/lib/readme.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

const folders = ['packages', 'apps']
  .flatMap((group) => readdirSync(`${root}${group}`).map((name) => `${group}/${name}`))
  .filter((folder) => existsSync(`${root}${folder}/README.md`));

describe.each(folders)('%s/README.md', (folder) => {
  const programs = readmePrograms(`${root}${folder}/README.md`);

  it.runIf(folder.startsWith('packages/'))('has a program', () => {
    expect(programs.length).toBeGreaterThan(0);
  });

  it.each(programs.map((source, index) => [index + 1, source]))(
    'program %i runs and keeps its promises',
    async (_, source) => {
      expect(await runProgram(source, `${root}${folder}`)).toEqual([]);
    },
  );
});
