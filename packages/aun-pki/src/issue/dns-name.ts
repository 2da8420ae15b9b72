const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A lower-case host name that may stand in a SAN, `*.` in front allowed. AIDs with `_` are none (01 §3.3). */
export function isDnsName(name: string): boolean {
  if (name.length > 253) return false;
  const host = name.startsWith('*.') ? name.slice(2) : name;
  return host.split('.').every((part) => label.test(part));
}
