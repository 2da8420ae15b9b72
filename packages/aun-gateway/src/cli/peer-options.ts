import { type Command, InvalidArgumentError, Option } from 'commander';
import type { GatewayConfigInput } from '../config/schema.js';

/** Flags that name other issuers (02 §20). */
export interface PeerFlags {
  readonly peer?: readonly PeerFlag[];
  readonly peerRoot?: readonly string[];
}

interface PeerFlag {
  readonly issuer: string;
  readonly url: string | undefined;
}

const parsePeer = (text: string, before: readonly PeerFlag[] = []): PeerFlag[] => {
  const [issuer = '', url, ...rest] = text.split('=');
  if (issuer === '' || rest.length > 0 || (url !== undefined && !/^(https|wss):\/\//.test(url)))
    throw new InvalidArgumentError('write ISSUER=https://HOST:PORT, or only ISSUER to look it up by DNS.');
  return [...before, { issuer: issuer.toLowerCase(), url }];
};

export const withPeerOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--peer <issuer=origin>',
        'another issuer and where its gateway is, e.g. b.test=https://127.0.0.1:20002; repeatable',
      ).argParser(parsePeer),
    )
    .addOption(
      new Option(
        '--peer-root <file>',
        'root.crt of the --peer before it, or ISSUER=FILE; repeatable',
      ).argParser((file: string, before: readonly string[] = []) => [...before, file]),
    );

/** A root without issuer belongs to the peer of the same place: first to first, second to second. */
export const peerSettings = (flags: PeerFlags): GatewayConfigInput => {
  const peers = new Map<string, { url?: string; roots: string[] }>();
  const peerOf = (issuer: string) => {
    const peer = peers.get(issuer) ?? { roots: [] };
    peers.set(issuer, peer);
    return peer;
  };
  for (const { issuer, url } of flags.peer ?? []) {
    const peer = peerOf(issuer);
    if (url !== undefined) peer.url = url;
  }
  const inOrder = [...peers.keys()];
  (flags.peerRoot ?? []).forEach((text, position) => {
    const at = text.indexOf('=');
    const issuer = at > 0 ? text.slice(0, at).toLowerCase() : (inOrder[position] ?? inOrder.at(-1));
    if (issuer === undefined) throw new InvalidArgumentError('--peer-root needs a --peer, or ISSUER=FILE.');
    peerOf(issuer).roots.push(text.slice(at > 0 ? at + 1 : 0));
  });
  return peers.size === 0 ? {} : { federation: { peers: Object.fromEntries(peers) } };
};
