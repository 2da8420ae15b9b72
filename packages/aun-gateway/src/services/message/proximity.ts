/** Addresses as the gateway sees them: of the sender when it sent, of the receiver now (04 §17). */
export interface Endpoint {
  readonly deviceId: string;
  readonly address: string;
}

const ipv6Network = (address: string): string | null => {
  if (!address.includes(':') || address.startsWith('::ffff:')) return null;
  const [head = '', tail] = address.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':');
};

const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') ? address.slice(7) : address;

/** JSON members `"proximity":{…},"same_device":…,…` of a delivered message. All false without a sender address. */
export function proximityMembers(sender: Endpoint, receiver: Endpoint): string {
  const from = plainAddress(sender.address);
  const to = plainAddress(receiver.address);
  const sameDevice = from !== '' && sender.deviceId !== '' && sender.deviceId === receiver.deviceId;
  const sameIp = from !== '' && from === to;
  const network = ipv6Network(from);
  const sameNetwork = sameIp || (network !== null && network === ipv6Network(to));
  const flags = `"same_device":${sameDevice},"same_egress_ip":${sameIp},"same_network":${sameNetwork}`;
  return `"proximity":{${flags},"basis":"egress_ip","asserted_by":"gateway"},${flags}`;
}
