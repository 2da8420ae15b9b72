import { existsSync } from 'node:fs';

const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The Chromium to test in: the one of `AUN_CHROMIUM` and no other, or the first in the usual places. */
export function findChromium(): string | undefined {
  const chosen = process.env.AUN_CHROMIUM ?? '';
  return (chosen === '' ? usualPlaces : [chosen]).find((path) => existsSync(path));
}
