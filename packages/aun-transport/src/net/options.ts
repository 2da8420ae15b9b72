/** How TLS servers are judged. In browsers the platform's own rules apply and these have no effect. */
export interface TlsOptions {
  /** Refuse servers whose certificate is not trusted or not for the name. Default true. */
  readonly verify?: boolean;
  /** PEM certificates that are trusted in addition to the system's roots. */
  readonly caPem?: string;
}

export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Resolves a host name in place of DNS. Never asked about `localhost` and the names below it. */
export type HostLookup = (hostname: string) => Promise<readonly HostAddress[]>;

/** Where a host was last reached; used when its name cannot be resolved (02 §1.4). */
export interface DnsFallbackStore {
  recall(hostname: string): { readonly ip: string } | undefined;
  remember(hostname: string, reached: { readonly ip: string; readonly port: number }): void;
}

/** What HTTP requests and WebSockets have in common. Outside Node all of it is left to the platform. */
export interface NetworkOptions {
  readonly tls?: TlsOptions;
  readonly lookup?: HostLookup;
  readonly dnsFallback?: DnsFallbackStore;
}
