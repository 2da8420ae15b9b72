export interface AgentMdUrlOptions {
  /** Gateway URL of the AID's issuer; `ws://` means plain HTTP. */
  readonly gatewayUrl?: string | undefined;
  /** Port instead of the default one. */
  readonly discoveryPort?: number | null | undefined;
}

/** `{scheme}://{aid}[:{discoveryPort}]/agent.md` (09 §4). The AID must have been validated. */
export function agentMdUrl(aid: string, options: AgentMdUrlOptions = {}): string {
  const scheme = options.gatewayUrl?.toLowerCase().startsWith('ws://') === true ? 'http' : 'https';
  const port = options.discoveryPort == null ? '' : `:${options.discoveryPort}`;
  return `${scheme}://${aid}${port}/agent.md`;
}
