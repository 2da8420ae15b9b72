/** Upper bounds in seconds. */
const bounds = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface MethodRecord {
  readonly codes: Map<number, number>;
  /** Calls by first bound that holds them; the last counter is for those above all bounds. */
  readonly buckets: number[];
  seconds: number;
  calls: number;
}

const newRecord = (): MethodRecord => ({
  codes: new Map(),
  buckets: new Array<number>(bounds.length + 1).fill(0),
  seconds: 0,
  calls: 0,
});

const header = (name: string, help: string, type: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

const quoted = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

/**
 * RPC calls by method and code, and how long they took. Plain counters, printed when somebody asks: a metrics library
 * that looks labels up costs each call more than serving a ping does.
 */
export class RpcMetrics {
  readonly #methods = new Map<string, MethodRecord>();

  record(method: string, code: number, milliseconds: number): void {
    let record = this.#methods.get(method);
    if (record === undefined) {
      record = newRecord();
      this.#methods.set(method, record);
    }
    record.codes.set(code, (record.codes.get(code) ?? 0) + 1);
    const seconds = milliseconds / 1000;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket += 1;
    record.buckets[bucket] = (record.buckets[bucket] ?? 0) + 1;
    record.seconds += seconds;
    record.calls += 1;
  }

  /** Prometheus text format: `aun_rpc_total` and `aun_rpc_seconds`. */
  text(): string {
    let total = header('aun_rpc_total', 'RPC calls by method and code (0 = success)', 'counter');
    let times = header('aun_rpc_seconds', 'Time to answer an RPC call', 'histogram');
    for (const [name, record] of this.#methods) {
      const method = quoted(name);
      for (const [code, calls] of record.codes)
        total += `aun_rpc_total{method=${method},code="${code}"} ${calls}\n`;
      let below = 0;
      bounds.forEach((bound, index) => {
        below += record.buckets[index] ?? 0;
        times += `aun_rpc_seconds_bucket{le="${bound}",method=${method}} ${below}\n`;
      });
      times += `aun_rpc_seconds_bucket{le="+Inf",method=${method}} ${record.calls}\n`;
      times += `aun_rpc_seconds_sum{method=${method}} ${record.seconds}\n`;
      times += `aun_rpc_seconds_count{method=${method}} ${record.calls}\n`;
    }
    return `${total}\n${times}`;
  }
}
