/** A literal IPv4 or IPv6 address in its canonical spelling (`127.0.0.1`, `::1`), as a SAN takes it. */
export function isIpAddress(text: string): boolean {
  const host = text.includes(':') ? `[${text}]` : text;
  if (!/^[0-9a-f.:[\]]+$/.test(host) || !/^\d+\.\d+\.\d+\.\d+$|^\[/.test(host)) return false;
  try {
    return new URL(`http://${host}/`).hostname === host;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
