export interface HttpRequest {
  /** Default GET. */
  readonly method?: string;
  /** Absolute `http:` or `https:` URL. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** From the call to the last byte of the answer. Default 30,000 ms (07 §6.3 `http_timeout`). */
  readonly timeoutMs?: number;
  /** Largest answer that is read. Default 4 MiB. */
  readonly maxBytes?: number;
  /** How many redirects a GET or HEAD follows. Default 0: the 3xx answer itself is returned (01 §4). */
  readonly redirects?: number;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The URL that answered: another than asked for only after redirects. */
  readonly url: string;
}

export interface HttpClient {
  /**
   * Any answer, whatever its status, fulfils.
   *
   * @throws {ValidationError} for a URL that is none
   * @throws {TimeoutError} when the whole answer is not there in time
   * @throws {NetworkError} for everything else that prevents an answer; `retryable` when it may pass by itself.
   *   The signal's reason when it was aborted.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Drops idle connections. Requests under way finish; new ones may still be made. */
  close(): void;
}

/** One exchange on the wire, without timeouts, redirects or error classes: what a platform has to provide. */
export interface HttpExchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** For platforms that show no redirect to the program: follow by itself or fail. */
  readonly followRedirects: boolean;
}

export interface HttpBackend {
  exchange(exchange: HttpExchange): Promise<HttpResponse>;
  close(): void;
}
