import type { Agent } from './agent.js';
import type { GatewayProcess } from './gateway-process.js';
import { RawSocket } from './socket.js';

const PING_DEADLINE_MS = 10_000;

/** An honest agent on the same gateway: pings and writes itself a note, again and again. */
export class Neighbour {
  rounds = 0;
  readonly faults: string[] = [];
  readonly #socket: RawSocket;
  readonly #aid: string;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(socket: RawSocket, aid: string) {
    this.#socket = socket;
    this.#aid = aid;
    void socket.closed.then((code) => {
      if (!this.#stopped) this.faults.push(`closed with ${code}`);
    });
  }

  static async connect(gateway: GatewayProcess, agent: Agent): Promise<Neighbour> {
    const socket = await new RawSocket(gateway).open();
    const neighbour = new Neighbour(socket, agent.aid);
    if (!(await socket.authenticate(agent, 'd-neighbour'))) throw new Error('the neighbour cannot connect');
    neighbour.#running = neighbour.#live();
    return neighbour;
  }

  async #live(): Promise<void> {
    while (!this.#stopped && this.faults.length === 0) {
      await this.#ask('meta.ping', {});
      await this.#ask('message.send', { to: this.#aid, payload: { note: this.rounds } });
      this.rounds += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #ask(method: string, params: unknown): Promise<void> {
    const late = new Promise<'late'>((resolve) => {
      setTimeout(() => resolve('late'), PING_DEADLINE_MS).unref();
    });
    const answer = await Promise.race([
      this.#socket.request(`${method}-${this.rounds}`, method, params),
      late,
    ]);
    if (answer === 'late') this.faults.push(`${method} ${this.rounds} was not answered`);
    else if (answer === null || answer.error !== undefined)
      this.faults.push(`${method}: ${JSON.stringify(answer)}`);
  }

  async leave(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#socket.cut();
  }
}
