import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Which of the texts stand in some file below a folder, database pages and write-ahead logs included. */
export const storedTexts = (folder: string, texts: readonly string[]): string[] => {
  const contents = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file));
  return texts.filter((text) => contents.some((content) => content.includes(text)));
};
