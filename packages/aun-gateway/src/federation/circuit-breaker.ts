/** After three failed connects in a row nobody tries for five seconds (02 §20.4). */
const FAILURES = 3;
const OPEN_MS = 5_000;

export class CircuitBreaker {
  #failures = 0;
  #openUntil = 0;

  isOpen(now: number): boolean {
    return now < this.#openUntil;
  }

  failed(now: number): void {
    this.#failures += 1;
    // Once open, a single failure opens it again: the peer has to show that it is back.
    if (this.#failures >= FAILURES) this.#openUntil = now + OPEN_MS;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntil = 0;
  }
}
