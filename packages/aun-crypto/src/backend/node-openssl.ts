/** OpenSSL 3.5 (Node 22 and 24) reads and uses KeyObjects fast, 3.0 (Node 20) does not: see `node-keys.ts`. */
export const KEY_OBJECTS_ARE_CHEAP = atLeast(process.versions.openssl, 3, 5);

function atLeast(version: string | undefined, major: number, minor: number): boolean {
  const [a = 0, b = 0] = (version ?? '').split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
