/**
 * True for `localhost` and every name below it. Such names mean this machine (RFC 6761 §6.3), so they are
 * answered with the loopback addresses and never asked of a DNS server. Browsers do the same by themselves.
 */
export function isLocalhostName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost');
}
